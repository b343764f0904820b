/** The files of TLS that a person names: a server's certificate with its key, and certificates to trust. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { UserError } from "../errors.ts";
import { readNamed } from "../files/named_file.ts";
import { type Certificate, dayOf, readCertificate, readCertificates } from "./certificate.ts";

/** What a server needs to speak TLS. */
export interface ServerTls {
  /** The certificate and those above it, in PEM. */
  readonly cert: string;
  /** Its private key, in PEM. */
  readonly key: string;
  readonly certificate: Certificate;
  /** The path of the certificate's file, for people. */
  readonly file: string;
}

/** What a client trusts, instead of what this machine trusts. */
export interface TrustedCertificates {
  /** In PEM. */
  readonly pem: string;
  readonly certificates: readonly Certificate[];
  /** The path of the file, for people. */
  readonly file: string;
}

/** Reads `--tls-cert` and `--tls-key`; null where neither is given. Throws {@linkcode UserError}. */
export async function readServerTls(
  { tls_cert, tls_key }: { readonly tls_cert?: string | undefined; readonly tls_key?: string | undefined },
  now_ms: number,
): Promise<ServerTls | null> {
  if (tls_cert === undefined && tls_key === undefined) return null;
  if (tls_cert === undefined || tls_key === undefined) {
    throw new UserError("Options --tls-cert and --tls-key belong together: give both, or neither");
  }
  const cert = await readOf("--tls-cert", tls_cert), key = await readOf("--tls-key", tls_key);
  const certificate = parse(() => readCertificate(cert), `certificate file ${tls_cert}`, "certificate");
  const { not_before_ms, not_after_ms } = certificate;
  if (now_ms > not_after_ms) {
    throw new UserError(
      `Cannot use certificate file ${tls_cert}: it must be valid today, found that it expired on ` +
        `${dayOf(not_after_ms)}; make a new one with deno task keys`,
    );
  }
  if (now_ms < not_before_ms) {
    throw new UserError(
      `Cannot use certificate file ${tls_cert}: it must be valid today, found that it begins on ` +
        `${dayOf(not_before_ms)}; set this machine's clock, which says ${dayOf(now_ms)}`,
    );
  }
  const private_key = parse(() => createPrivateKey(key), `key file ${tls_key}`, "private key");
  if (!new X509Certificate(cert).checkPrivateKey(private_key)) {
    throw new UserError(
      `Cannot use key file ${tls_key}: it must be the key of ${tls_cert}, found another; give both files of one pair`,
    );
  }
  return { cert, key, certificate, file: tls_cert };
}

/** Reads `--tls-ca`. Throws {@linkcode UserError}. */
export async function readTrusted(file: string): Promise<TrustedCertificates> {
  const pem = await readOf("--tls-ca", file);
  const certificates = parse(() => readCertificates(pem), `certificate file ${file}`, "certificate");
  if (certificates.length > 0) return { pem, certificates, file };
  throw new UserError(
    `Cannot use certificate file ${file}: a certificate in PEM is required, found none; give the coordinator's ` +
      "--tls-cert file, or that of its authority",
  );
}

async function readOf(option: string, file: string): Promise<string> {
  try {
    return (await readNamed(file)).text;
  } catch (error) {
    throw new UserError(
      `Cannot read ${file}: a readable file is required, found ${(error as Error).message}; check ${option}`,
    );
  }
}

function parse<T>(read: () => T, file: string, what: string): T {
  try {
    return read();
  } catch {
    throw new UserError(`Cannot use ${file}: a ${what} in PEM is required, found other text; check the path`);
  }
}
