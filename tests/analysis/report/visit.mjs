// Opens a report in Chromium, uses it as a reader does, and prints what it saw as JSON: visit.mjs PLAYWRIGHT CHROMIUM PAGE
import { pathToFileURL } from "node:url";

const [playwright, executablePath, path] = process.argv.slice(2);
const { chromium } = (await import(pathToFileURL(playwright).href)).default;
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
const troubles = [];
page.on("console", (message) => troubles.push(message.text()));
page.on("pageerror", (error) => troubles.push(error.message));
page.on("request", (request) => request.url().startsWith("file:") || troubles.push(`asked for ${request.url()}`));
await page.addInitScript(() => {
  window.posted = [];
  window.acquireVsCodeApi = () => ({
    postMessage: (message) => window.posted.push(message),
    getState: () => JSON.parse(sessionStorage.getItem("state") ?? "null") ?? undefined,
    setState: (state) => sessionStorage.setItem("state", JSON.stringify(state)),
  });
  document.addEventListener("securitypolicyviolation", (event) => console.log(`refused: ${event.violatedDirective}`));
});
await page.goto(pathToFileURL(path).href);

const count = (selector) => page.locator(selector).count();
const drawn = async () => ({
  tiles: await count("#tiles .tile"),
  totals: await count("#totals dt"),
  bars: await count("#bars .bar"),
  whiskers: await count("#bars .whisker"),
  reasons: await count("#reasons li"),
  dots: await count("#roofline .dot"),
  roofs: await count("#roofline .roof"),
  ridge: await page.locator("#roofline .ridge + text").allTextContents(),
  areas: await count("#treemap .leaf"),
  treemap: await page.evaluate(() => [...document.querySelectorAll("#treemap .leaf")].reduce((sum, leaf) => sum + leaf.width.baseVal.value * leaf.height.baseVal.value, 0)),
  timeline: await page.locator("#timeline .tone").first().evaluate((shape) => shape.ownerSVGElement.getBBox().width),
  boxes: await count("#graph .kernel"),
  rows: await count("#table tbody tr"),
  assumed: await count("#assumed li"),
});
const selected = () => page.locator('#table tr[aria-selected="true"]').evaluateAll((rows) => rows.map((row) => Number(row.dataset.kernel)));
const first = (index) => page.locator(`#table tbody tr:first-child td:nth-child(${index})`).textContent();

const seen = { drawn: await drawn(), chooser: await page.locator("#device").isVisible(), host: [] };
if (!seen.drawn.dots) {
  console.log(JSON.stringify({ ...seen, troubles }));
  await browser.close();
  process.exit();
}
const dot = page.locator("#roofline .dot").last();
seen.dot = Number(await dot.getAttribute("data-kernel"));
await dot.click({ force: true });
seen.afterDot = await selected();
seen.marked = { treemap: await count("#treemap .marked"), graph: await count("#graph .kernel.marked"), roofline: await count("#roofline .marked") };
seen.bar = await page.locator("#chosen").innerText();
seen.posted = await page.evaluate(() => window.posted);
await page.keyboard.press("Escape");
seen.afterEscape = await selected();
await page.locator("#timeline svg").focus();
await page.keyboard.press("ArrowRight");
await page.keyboard.press("ArrowRight");
seen.afterKeys = await selected();
await page.locator("#table th button", { hasText: "latency" }).focus();
await page.keyboard.press("Enter");
seen.sorted = [await page.locator("#table th[aria-sort]").innerText(), await first(4)];
await page.locator("#zoom").fill("3");
seen.zoomed = await page.locator("#timeline svg").evaluate((drawing) => drawing.width.baseVal.value / drawing.parentElement.clientWidth);
if (seen.chooser) {
  await page.locator("#device").selectOption({ index: 1 });
  seen.other = { title: await page.locator("#question").innerText(), latency: await page.locator("#tiles strong").first().innerText() };
}
await page.locator("#table tbody tr").last().click();
const before = { question: await page.locator("#question").innerText(), chosen: await selected(), scroll: await page.evaluate(() => scrollY) };
await page.reload();
seen.again = [before, { question: await page.locator("#question").innerText(), chosen: await selected(), scroll: await page.evaluate(() => scrollY) }];
seen.colours = {};
for (const colorScheme of ["light", "dark"]) {
  await page.emulateMedia({ colorScheme });
  seen.colours[colorScheme] = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
}
await page.setViewportSize({ width: 480, height: 800 });
await page.waitForTimeout(200);
seen.narrow = await page.evaluate(() => document.documentElement.scrollWidth);
console.log(JSON.stringify({ ...seen, troubles }));
await browser.close();
