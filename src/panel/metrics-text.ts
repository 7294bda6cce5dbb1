// The Prometheus text format 0.0.4.

type Values = readonly (readonly [labels: string, value: number])[];

export function gauge(name: string, help: string, values: Values): string {
  return metric("gauge", name, help, values);
}

/** Only ever grows, until the gateway starts again. */
export function counter(name: string, help: string, values: Values): string {
  return metric("counter", name, help, values);
}

function metric(type: string, name: string, help: string, values: Values): string {
  const lines = values.map(([labels, value]) => `${name}${labels} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

export function label(name: string, value: string): string {
  const escaped = value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
  return `{${name}="${escaped}"}`;
}
