import { useFetcher } from "@remix-run/react";
import {
  Banner,
  BlockStack,
  Button,
  Card,
  FormLayout,
  Select,
  Text,
  TextField,
} from "@shopify/polaris";
import { useEffect, useState } from "react";
import { figure } from "./figures.tsx";
import { showToast } from "./app-bridge.ts";

/** What the action answers. `key` is for the next change when this one was made. */
export type AdjustAnswer =
  | { readonly ok: true; readonly message: string; readonly key: string }
  | {
      readonly ok: false;
      readonly message: string | null;
      readonly errors: Readonly<Record<string, string>>;
    };

interface AdjustFormProps {
  readonly locations: readonly { readonly id: string; readonly name: string }[];
  /** The levels as shown: their versions say what the person has seen. */
  readonly levels: readonly {
    readonly locationId: string;
    readonly available: number;
    readonly version: number;
  }[];
  /** Names the first change; a repeated click sends the same one. */
  readonly firstKey: string;
}

/** What was typed, what came back; empties itself and takes a new key when a change was made. */
function useAdjustment(firstLocationId: string, firstKey: string) {
  const fetcher = useFetcher<AdjustAnswer>();
  const [locationId, setLocationId] = useState(firstLocationId);
  const [delta, setDelta] = useState("");
  const [reason, setReason] = useState("");
  const [key, setKey] = useState(firstKey);
  const answer = fetcher.data;
  useEffect(() => {
    if (answer?.ok !== true) return;
    setDelta("");
    setReason("");
    setKey(answer.key);
    showToast(answer.message);
  }, [answer]);
  const refusal = answer?.ok === false ? answer : null;
  /** A prop for the field that is wrong, none for the others. */
  const errorOf = (field: string) => {
    const error = refusal?.errors[field];
    return error === undefined ? {} : { error };
  };
  const message = refusal?.message ?? null;
  return {
    ...{ fetcher, key, message, errorOf, locationId, setLocationId },
    delta,
    setDelta,
    reason,
    setReason,
  };
}

/** Adds stock to one location or takes it away. Keeps what was typed until it was done. */
export function AdjustForm({ locations, levels, firstKey }: AdjustFormProps) {
  const form = useAdjustment(locations[0]?.id ?? "", firstKey);
  const level = levels.find((one) => one.locationId === form.locationId);
  const { Form, state } = form.fetcher;
  return (
    <Card>
      <Form method="post">
        <BlockStack gap="300">
          <Text as="h2" variant="headingMd">
            Adjust stock
          </Text>
          {form.message === null ? null : (
            <Banner tone="critical">
              <p>{form.message}</p>
            </Banner>
          )}
          <input type="hidden" name="key" value={form.key} />
          <input type="hidden" name="expectedVersion" value={level?.version ?? 0} />
          <FormLayout>
            <FormLayout.Group>
              <Select
                label="Location"
                name="locationId"
                options={locations.map(({ id, name }) => ({ value: id, label: name }))}
                value={form.locationId}
                onChange={form.setLocationId}
                helpText={`${figure(level?.available ?? 0)} available here`}
                {...form.errorOf("locationId")}
              />
              <TextField
                label="Change"
                name="delta"
                autoComplete="off"
                placeholder="+5 or -2"
                value={form.delta}
                onChange={form.setDelta}
                {...form.errorOf("delta")}
              />
              <TextField
                label="Reason"
                name="reason"
                autoComplete="off"
                maxLength={200}
                placeholder="Damaged in the warehouse"
                value={form.reason}
                onChange={form.setReason}
                {...form.errorOf("reason")}
              />
            </FormLayout.Group>
          </FormLayout>
          <div>
            <Button submit variant="primary" loading={state !== "idle"}>
              Adjust stock
            </Button>
          </div>
        </BlockStack>
      </Form>
    </Card>
  );
}
