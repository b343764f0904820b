/** A Chromium of this machine, driven by playwright-core, for tests and pictures. */
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

/** Nothing that is waited for takes so long, on a slow and busy machine either. */
const PATIENCE_MS = 180_000;
const NAMES = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/** The path of a Chromium, by WAGON_CHROMIUM or in PATH; null where there is none. */
export function findChromium(): string | null {
  const own = Deno.env.get("WAGON_CHROMIUM");
  if (own) return own;
  const separator = Deno.build.os === "windows" ? ";" : ":";
  for (const folder of (Deno.env.get("PATH") ?? "").split(separator)) {
    for (const name of NAMES) {
      const path = `${folder}/${name}${Deno.build.os === "windows" ? ".exe" : ""}`;
      try {
        if (Deno.statSync(path).isFile) return path;
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory)) {
          throw error;
        }
      }
    }
  }
  return null;
}

export function startChromium(path: string): Promise<Browser> {
  // Its sandbox needs rights that containers do not give; only our own page is opened.
  const args = ["--no-sandbox", "--disable-gpu"];
  return chromium.launch({ executablePath: path, headless: true, args, timeout: PATIENCE_MS });
}

export const PHONE = { width: 390, height: 844 } as const;
export const DESKTOP = { width: 1280, height: 800 } as const;

export interface Look {
  readonly viewport: typeof PHONE | typeof DESKTOP;
  readonly scheme: "light" | "dark";
}

/** A page of that size and colour scheme, in a context of its own. */
export async function openBrowserPage(
  browser: Browser,
  { viewport, scheme }: Look,
): Promise<{ context: BrowserContext; page: Page }> {
  const phone = viewport === PHONE;
  const context = await browser.newContext({
    viewport,
    colorScheme: scheme,
    deviceScaleFactor: phone ? 2 : 1,
    isMobile: phone,
    hasTouch: phone,
  });
  context.setDefaultTimeout(PATIENCE_MS);
  return { context, page: await context.newPage() };
}
