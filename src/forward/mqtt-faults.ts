import { certificateFault } from "../core/certificate-faults.ts";
import { errorCode } from "../core/errors.ts";
import { type Failure, failure } from "./answers.ts";

/** MQTT 5, 2.4. */
export const PACKET_TOO_LARGE = 149;

export function faultOf(error: unknown): Failure {
  // The package's errors carry the broker's reason code as a number.
  const reason = error instanceof Error && "code" in error ? error.code : undefined;
  if (typeof reason === "number") return faultOfReason(reason);
  return failure(certificateFault(errorCode(error)) ? "upstream.certificate" : "upstream.network");
}

/** MQTT 5, 2.4 (and 3.1.1 from brokers that know nothing newer). */
export function faultOfReason(reason: number): Failure {
  switch (reason) {
    case 4:
    case 5:
    case 134:
    case 135:
    case 138:
    case 140:
      return failure("upstream.unauthorized", true);
    case 1:
    case 132:
      return failure("upstream.old_protocol", true);
    case 142:
      return failure("upstream.session_taken", true);
    case 137:
    case 150:
    case 151:
    case 159:
      return failure("upstream.throttled");
    case PACKET_TOO_LARGE:
      return failure("upstream.too_large");
    case 0:
    case 139:
      return failure("upstream.network");
    default:
      return reason < 128 || reason === 136
        ? failure("upstream.server_error")
        : failure("upstream.rejected", true);
  }
}
