// Preloaded into every child process: when the parent is gone, however it went, the child leaves too.
if (process.channel) {
  process.on("disconnect", () => process.kill(process.pid, "SIGTERM"));
  process.channel.unref();
}
