// The Prometheus text format 0.0.4.

export type MetricValues = readonly (readonly [labels: string, value: number])[];

export function gauge(name: string, help: string, values: MetricValues): string {
  return heading("gauge", name, help) + lines(name, values);
}

/** Only ever grows, until the gateway starts again. */
export function counter(name: string, help: string, values: MetricValues): string {
  return heading("counter", name, help) + lines(name, values);
}

export function heading(type: "gauge" | "counter" | "summary", name: string, help: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}

export function lines(name: string, values: MetricValues): string {
  return values.map(([labels, value]) => `${name}${labels} ${value}\n`).join("");
}

export function label(name: string, value: string, second?: string, secondValue = ""): string {
  const one = `${name}="${escaped(value)}"`;
  return second === undefined ? `{${one}}` : `{${one},${second}="${escaped(secondValue)}"}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
