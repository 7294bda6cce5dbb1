export interface Sample {
  readonly atSeconds: number;
  readonly value: number;
}

/** Change per hour by least squares; 0 with fewer than two samples. */
export function slopePerHour(samples: readonly Sample[]): number {
  const count = samples.length;
  const mean = (pick: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + pick(sample), 0) / Math.max(1, count);
  const [meanAt, meanValue] = [mean(({ atSeconds }) => atSeconds), mean(({ value }) => value)];
  let [covariance, variance] = [0, 0];
  for (const { atSeconds, value } of samples) {
    covariance += (atSeconds - meanAt) * (value - meanValue);
    variance += (atSeconds - meanAt) ** 2;
  }
  return variance === 0 ? 0 : (covariance / variance) * 3600;
}
