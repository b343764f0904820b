/** The certificate that a server shows, asked for again after TLS has refused it: only to say what is wrong with it. */
import { isIP } from "node:net";
import { connect } from "node:tls";
import { type Certificate, readCertificate } from "../../common/tls/certificate.ts";
import type { Clock } from "../clock.ts";
import { hostIn, portOf } from "./connect_failure.ts";

/** Resolves within `deadline_ms`, to null where none is shown; never rejects. Nothing is sent over the connection. */
export function probeCertificate(
  url: URL,
  clock: Pick<Clock, "after">,
  deadline_ms: number,
): Promise<Certificate | null> {
  return new Promise((resolve) => {
    const host = hostIn(url);
    const tls = connect({
      host,
      port: portOf(url),
      ...isIP(host) === 0 && { servername: host },
      rejectUnauthorized: false,
    });
    const end = (certificate: Certificate | null) => {
      stop();
      tls.destroy();
      resolve(certificate);
    };
    const stop = clock.after(deadline_ms, () => end(null));
    tls.on("secureConnect", () => end(shownBy(tls.getPeerCertificate())));
    tls.on("error", () => end(null));
    tls.on("close", () => end(null));
  });
}

function shownBy({ raw }: { readonly raw?: Uint8Array }): Certificate | null {
  try {
    return raw === undefined ? null : readCertificate(raw);
  } catch {
    return null;
  }
}
