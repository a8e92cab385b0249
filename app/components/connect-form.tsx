import { Form } from "@remix-run/react";
import { Banner, BlockStack, Button, Checkbox, Select, Text, TextField } from "@shopify/polaris";
import { useState } from "react";
import { counted } from "./figures.tsx";

export interface FormField {
  readonly name: string;
  readonly label: string;
  readonly kind: "choice" | "text" | "url" | "secret";
  readonly options?: readonly { readonly value: string; readonly label: string }[];
  readonly help?: string;
  readonly optional?: true;
}

interface FieldProps {
  readonly field: FormField;
  readonly value: string;
  readonly error: string | undefined;
  readonly onChange: (value: string) => void;
}

function Field({ field, value, error, onChange }: FieldProps) {
  const label = field.optional ? `${field.label} (optional)` : field.label;
  const shared = { label, name: field.name, value, onChange, helpText: field.help, error };
  if (field.kind === "choice") return <Select {...shared} options={[...(field.options ?? [])]} />;
  const type = field.kind === "secret" ? "password" : field.kind === "url" ? "url" : "text";
  return <TextField {...shared} type={type} autoComplete="off" />;
}

interface ConnectFormProps {
  readonly label: string;
  readonly fields: readonly FormField[];
  readonly refusal: { readonly message: string; readonly field: string | null } | null;
  /** The connection that is connected again. */
  readonly again: string | null;
  /** Whether the platform's own consent page comes next. */
  readonly asksThere: boolean;
  readonly busy: boolean;
}

/** What was typed; a refusal empties the secrets, which nobody can check by looking at them. */
function useTyped(fields: readonly FormField[], refusal: ConnectFormProps["refusal"]) {
  const [values, setValues] = useState<Readonly<Record<string, string>>>(() =>
    Object.fromEntries(fields.map((one) => [one.name, one.options?.[0]?.value ?? ""])),
  );
  const [seen, setSeen] = useState(refusal);
  if (refusal !== seen) {
    setSeen(refusal);
    const secrets = fields.filter(({ kind }) => kind === "secret");
    const emptied: Record<string, string> = {};
    for (const { name } of secrets) emptied[name] = "";
    if (refusal) setValues({ ...values, ...emptied });
  }
  return [values, setValues] as const;
}

/** What the platform asks for before its own consent page, or instead of it. Kept when it is refused. */
export function ConnectForm(props: ConnectFormProps) {
  const { label, fields, refusal, again, asksThere, busy } = props;
  const [values, setValues] = useTyped(fields, refusal);
  return (
    <Form method="post">
      <BlockStack gap="300">
        {again === null ? null : <input type="hidden" name="again" value={again} />}
        {fields.map((field) => (
          <Field
            key={field.name}
            field={field}
            value={values[field.name] ?? ""}
            error={refusal?.field === field.name ? refusal.message : undefined}
            onChange={(value) => setValues((before) => ({ ...before, [field.name]: value }))}
          />
        ))}
        <div>
          <Button submit variant="primary" loading={busy}>
            {asksThere ? `Continue to ${label}` : `Connect ${label}`}
          </Button>
        </div>
      </BlockStack>
    </Form>
  );
}

export interface Account {
  readonly index: number;
  readonly label: string;
  readonly warnings: readonly string[];
}

interface AccountPickerProps {
  readonly accounts: readonly Account[];
  readonly state: string;
  readonly busy: boolean;
}

/** One consent opened several accounts: which of them become connections. */
export function AccountPicker({ accounts, state, busy }: AccountPickerProps) {
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const toggle = (index: number) => {
    setChosen((before) => {
      const after = new Set(before);
      if (!after.delete(index)) after.add(index);
      return after;
    });
  };
  if (accounts.length === 0) {
    return (
      <Banner tone="warning" title="This sign-in is over">
        <p>
          It was used already, or took too long. Nothing was changed: start again from Channels.
        </p>
      </Banner>
    );
  }
  return (
    <Form method="post">
      <BlockStack gap="300">
        <input type="hidden" name="pick" value={state} />
        <Text as="p">Choose what to connect. Each becomes a connection of its own.</Text>
        {accounts.map(({ index, label, warnings }) => (
          <Checkbox
            key={index}
            label={label}
            name="account"
            value={String(index)}
            checked={chosen.has(index)}
            onChange={() => toggle(index)}
            helpText={warnings.join(" ") || undefined}
          />
        ))}
        <div>
          <Button submit variant="primary" disabled={chosen.size === 0} loading={busy}>
            {chosen.size === 0 ? "Connect" : `Connect ${counted(chosen.size, "account")}`}
          </Button>
        </div>
      </BlockStack>
    </Form>
  );
}
