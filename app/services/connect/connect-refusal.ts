/** A sign-in that cannot go on, in words for the merchant. */
export class ConnectRefusal extends Error {
  /** The field that is wrong, where one is. */
  readonly field: string | null;
  constructor(message: string, field: string | null = null) {
    super(message);
    this.name = "ConnectRefusal";
    this.field = field;
  }
}

export const attemptOver = "This sign-in is over or was used already. Start again from Channels.";

/** They end by themselves (`connectStateMs`). */
export const tooManyUnderWay = "Too many sign-ins are under way. Try again in half an hour.";
