// Takes figures of a report, with their headings, at two pixels a point: pictures.mjs PLAYWRIGHT CHROMIUM PAGE FOLDER FIGURE...
import { pathToFileURL } from "node:url";

const [playwright, executablePath, path, folder, ...figures] = process.argv.slice(2);
const { chromium } = (await import(pathToFileURL(playwright).href)).default;
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const page = await browser.newPage({ viewport: { width: 1000, height: 900 }, deviceScaleFactor: 2, colorScheme: "light" });
await page.goto(pathToFileURL(path).href);
for (const figure of figures) {
  await page.locator("section", { has: page.locator(`#${figure}`) }).screenshot({ path: `${folder}/${figure}.png` });
}
await browser.close();
