// Drives VS Code in headless Chromium. Environment: URL, OUT (folder of screenshots), SCENARIO, NODE_PATH.
// Prints one JSON object: what each step found. What it should be is for the test to say.
import { createRequire } from "node:module";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import * as scenarios from "./scenarios.mjs";

const { chromium } = createRequire(`${process.env.NODE_PATH}/`)("playwright-core");
const { URL: url, OUT: out, SCENARIO: scenario } = process.env;
const profile = fs.mkdtempSync(path.join(os.tmpdir(), "chromium-"));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: "/usr/bin/chromium",
  headless: true,
  viewport: { width: 1280, height: 800 },
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const found = {};
try {
  const page = context.pages()[0] ?? (await context.newPage());
  await page.goto(url, { waitUntil: "domcontentloaded" });
  await page.waitForSelector(".monaco-workbench", { timeout: 90_000 });
  const shot = (name) => page.screenshot({ path: `${out}/${scenario}-${name}.png` });
  try {
    await scenarios[scenario](page, found, shot);
  } catch (error) {
    found.error = String(error);
    await shot("error");
  }
} finally {
  await context.close();
  fs.rmSync(profile, { recursive: true, force: true });
}
console.log(JSON.stringify(found));
