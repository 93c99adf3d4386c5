// What a user does, and what is then on the screen.

const EXPLORER_ROW = ".explorer-folders-view .monaco-list-row";

async function openModel(page) {
  await page.waitForSelector(EXPLORER_ROW, { timeout: 90_000 });
  await page.locator(EXPLORER_ROW, { hasText: "model.py" }).dblclick();
  await page.waitForSelector(".view-line", { timeout: 90_000 });
}

async function command(page, name) {
  await page.keyboard.press("F1");
  await page.waitForSelector(".quick-input-box input");
  await page.locator(".quick-input-box input").fill(`>${name}`);
  await page.locator(".quick-input-list .monaco-list-row", { hasText: name.replace(/^.*: /, "") }).first().waitFor();
  await page.keyboard.press("Enter");
}

async function goTo(page, line, column = 1) {
  await page.keyboard.press("Control+G");
  await page.waitForSelector(".quick-input-box input");
  await page.locator(".quick-input-box input").fill(`:${line}:${column}`);
  await page.keyboard.press("Enter");
}

/** As they are read: editors draw spaces that do not break. */
const texts = async (page, selector) => (await page.locator(selector).allInnerTexts()).map((text) => text.replaceAll("\u00a0", " "));
const lens = (page) => texts(page, ".codelens-decoration");
const lines = (page) => texts(page, ".view-line");

/** The first part of a model's lens: one of the four to change. */
async function change(page, what) {
  await page.locator(".codelens-decoration a", { hasText: "·" }).first().click();
  await page.locator(".quick-input-list .monaco-list-row", { hasText: what }).first().waitFor();
  const rows = await texts(page, ".quick-input-list .monaco-list-row");
  await page.locator(".quick-input-list .monaco-list-row", { hasText: what }).first().click();
  return rows;
}

/** Open a model, read it, choose another device, pin the input, open the report. */
export async function tour(page, found, shot) {
  await openModel(page);
  await page.waitForSelector(".codelens-decoration a", { timeout: 90_000 });
  await page.locator(".view-line", { hasText: "64×112×112" }).first().waitFor({ timeout: 30_000 });
  found.lens = await lens(page);
  found.lines = await lines(page);
  await page.waitForTimeout(800);
  found.heat = await page.locator(".glyph-margin-widgets .cgmr, .margin-view-overlays .cgmr").count();
  found.button = await page.locator('.editor-actions [aria-label*="Open Report"]').count();
  await shot("text");

  await page.locator(".view-line", { hasText: "self.conv1 =" }).locator("span span").nth(2).hover();
  await page.waitForSelector(".monaco-hover:not(.hidden) .hover-row", { timeout: 20_000 });
  found.hover = (await texts(page, ".monaco-hover:not(.hidden)")).join("\n");
  await shot("hover");
  await page.keyboard.press("Escape");

  await page.locator(".view-line", { hasText: "import torch" }).first().click();
  await page.keyboard.press("Control+Shift+M");
  await page.waitForTimeout(1500);
  found.problems = await texts(page, ".markers-panel .monaco-list-row");
  await page.keyboard.press("Control+J");

  await page.locator(".view-line", { hasText: "import torch" }).first().click();
  found.parts = await change(page, "Precision");
  await page.locator(".quick-input-list .monaco-list-row", { hasText: "fp16" }).first().click();
  await page.locator(".codelens-decoration", { hasText: "fp16" }).first().waitFor({ timeout: 30_000 });
  await change(page, "Execution mode");
  await page.locator(".quick-input-list .monaco-list-row", { hasText: "compiled" }).first().click();
  await page.locator(".codelens-decoration", { hasText: "compiled" }).first().waitFor({ timeout: 30_000 });
  await change(page, "Batch size");
  await page.locator(".quick-input-box input").fill("8");
  await page.keyboard.press("Enter");
  await page.locator(".codelens-decoration", { hasText: "batch 8" }).first().waitFor({ timeout: 30_000 });
  found.lensOfOthers = await lens(page);
  await shot("compiled");

  await page.locator(".view-line", { hasText: "import torch" }).first().click();
  await change(page, "Hardware");
  await page.locator(".quick-input-list .monaco-list-row", { hasText: "NVIDIA A100" }).first().waitFor();
  await shot("devices");
  const row = page.locator(".quick-input-list .monaco-list-row");
  for (const id of ["jetson-agx-orin-64gb", "h100-sxm5-80gb"]) {
    await page.locator(".quick-input-box input").fill(id);
    await page.waitForTimeout(400);
    await row.first().click({ position: { x: 120, y: 10 }, force: true }); // one more, one less
    await page.waitForTimeout(400);
  }
  await shot("hardware");
  await page.keyboard.press("Enter");
  await page.locator(".codelens-decoration", { hasText: "Orin" }).first().waitFor({ timeout: 30_000 });
  found.lensOfOrin = await lens(page);

  await page.locator(".view-line", { hasText: "class Net" }).click();
  await page.keyboard.press("Control+.");
  await page.waitForSelector(".action-widget .monaco-list-row", { timeout: 20_000 });
  found.actions = await texts(page, ".action-widget .monaco-list-row");
  await shot("actions");
  await page.locator(".action-widget .monaco-list-row", { hasText: "Pin" }).first().click();
  await page.locator(".view-line", { hasText: "graphperf:" }).first().waitFor({ timeout: 10_000 });
  found.pinned = (await lines(page)).filter((line) => line.includes("graphperf:"));
  await page.keyboard.press("Control+S");

  await command(page, "graphperf: Open Report");
  const inner = page.frameLocator("iframe.webview.ready").frameLocator("#active-frame");
  await inner.locator("svg").first().waitFor({ timeout: 30_000 });
  found.drawings = await inner.locator("svg").count();
  await page.waitForTimeout(800);
  await shot("report");
  await inner.locator("svg").first().scrollIntoViewIfNeeded();
  await page.waitForTimeout(400);
  await shot("roofline");
  found.opened = await inner.locator("button.open").first().innerText();
  await inner.locator("button.open").first().click();
  await page.waitForTimeout(1000);
  found.place = await texts(page, ".statusbar-item[aria-label^='Ln ']");
}

/** Attention that is written out: its quick fix says what it saves, and its squiggle is gone once it is applied. */
export async function fix(page, found, shot) {
  await openModel(page);
  const line = page.locator(".view-line", { hasText: "softmax" }).first();
  await page.waitForSelector(".codelens-decoration a", { timeout: 90_000 });
  await line.waitFor({ timeout: 30_000 });
  found.before = await problems(page);
  const actions = page.locator(".action-widget .monaco-list-row");
  for (let tries = 0; tries < 20; tries++) {
    await line.click();
    await page.keyboard.press("Control+.");
    await actions.first().waitFor({ timeout: 20_000 });
    found.actions = await texts(page, ".action-widget .monaco-list-row");
    if (found.actions.some((title) => title.includes("EDP"))) break;
    await page.keyboard.press("Escape");
    await page.waitForTimeout(500);
  }
  await shot("actions");
  await actions.filter({ hasText: "EDP" }).first().click();
  await page.locator(".view-line", { hasText: "F.scaled_dot_product_attention" }).first().waitFor({ timeout: 20_000 });
  await page.waitForTimeout(4000);
  found.after = await problems(page);
  found.lines = await lines(page);
  await shot("applied");
}

/** The rows of the panel of problems, which is closed again. */
async function problems(page) {
  await page.keyboard.press("Control+Shift+M");
  await page.locator(".markers-panel").first().waitFor({ timeout: 20_000 });
  await page.waitForTimeout(1000);
  const rows = await texts(page, ".markers-panel .monaco-list-row");
  await page.keyboard.press("Control+J");
  return rows;
}

/** A notebook: the cell with the model shows its own lines. */
export async function notebook(page, found, shot) {
  await page.waitForSelector(EXPLORER_ROW, { timeout: 90_000 });
  // A file that is opened before VS Code knows its notebooks is shown as text.
  for (let tries = 0; tries < 5; tries++) {
    await page.locator(EXPLORER_ROW, { hasText: "model.ipynb" }).dblclick();
    const cells = page.locator(".notebookOverlay .cell-list-container").first();
    if (await cells.waitFor({ timeout: 15_000 }).then(() => true, () => false)) {
      break;
    }
    await command(page, "View: Close Editor");
  }
  await page.locator(".view-line", { hasText: "64×112×112" }).first().waitFor({ timeout: 90_000 });
  await page.waitForTimeout(1500);
  found.lines = await lines(page);
  found.lens = await lens(page);
  await shot("cells");
}

/** The walkthrough, each step with its picture. */
export async function walkthrough(page, found, shot) {
  await page.waitForSelector(EXPLORER_ROW, { timeout: 90_000 });
  await page.keyboard.press("Control+B"); // beside the side bar there is no place for pictures
  await command(page, "Welcome: Open Walkthrough");
  await page.locator(".quick-input-box input").fill("Cost of a model");
  await page.locator(".quick-input-list .monaco-list-row", { hasText: "Cost of a model" }).first().click();
  await page.locator(".getting-started-step").first().waitFor({ timeout: 30_000 });
  const steps = page.locator(".getting-started-step");
  found.pictures = [];
  for (let step = 0; step < (await steps.count()); step++) {
    await steps.nth(step).click();
    const picture = page.locator(".getting-started-media img").first();
    await picture.waitFor({ timeout: 10_000 });
    await page.waitForTimeout(600);
    found.pictures.push(await picture.evaluate((image) => image.complete && image.naturalWidth));
    await shot(`step${step + 1}`);
  }
}

/** How many gutter marks are pale: at most two fifths as strong as the strong ones. */
const PALE = `[...document.querySelectorAll(".cgmr")].filter((mark) => {
  const picture = getComputedStyle(mark).backgroundImage.match(/base64,([^"')]+)/);
  const strength = picture && atob(picture[1]).match(/fill="[^"]+" fill-opacity="([^"]+)"/);
  const level = picture && atob(picture[1]).match(/width="(\\d+)" height="16"/);
  return strength && Number(strength[1]) < 0.2 * (Number(level[1]) - 2) - 0.01;
}).length`;

/** Keeps the most pale marks at a time: they may not last until the next look. */
const watchHeat = (page) =>
  page.evaluate(`window.pale = 0; setInterval(() => { window.pale = Math.max(window.pale, ${PALE}); }, 10); 0`);

/** Edits: the new shape comes on the screen; the old hints stay until then. */
export async function edits(page, found, shot) {
  await openModel(page);
  await page.locator(".view-line", { hasText: "64×112×112" }).first().waitFor({ timeout: 90_000 });
  Object.assign(found, { milliseconds: [], during: [], shown: [] });
  for (const channels of [48, 80, 96, 112, 40]) {
    await page.waitForTimeout(1500);
    // Both layers in one edit, so that the text is whole before and after it; the editor indents the second line.
    await goTo(page, 10, 1);
    await page.keyboard.press("Shift+ArrowDown");
    await page.keyboard.press("Shift+End");
    const start = Date.now();
    if (channels === 40) await watchHeat(page);
    await page.keyboard.insertText(
      `        self.conv1 = nn.Conv2d(3, ${channels}, 7, 2, 3)\nself.conv2 = nn.Conv2d(${channels}, 128, 3, 2, 1)`,
    );
    found.during.push(await page.locator(".view-line", { hasText: "×112×112" }).count());
    const hint = page.locator(".view-line", { hasText: `${channels}×112×112` }).first();
    await hint.waitFor({ timeout: 30_000 });
    found.milliseconds.push(Date.now() - start);
    found.shown.push((await hint.innerText()).match(/\d+×112×112/)[0]);
  }
  await page.locator(".codelens-decoration", { hasText: "(−" }).first().waitFor({ timeout: 30_000 });
  found.lens = await lens(page);
  found.pale = await page.evaluate(() => window.pale);
  await page.waitForTimeout(800);
  found.paleAtLast = await page.evaluate(PALE);
  await shot("edited");
}

/** A Python without torch: one message that says what to do. */
export async function withoutTorch(page, found, shot) {
  await openModel(page);
  await page.waitForTimeout(20_000);
  found.toasts = await texts(page, ".notification-toast");
  await page.keyboard.press("Control+Shift+M");
  await page.waitForTimeout(1500);
  found.problems = await texts(page, ".markers-panel .monaco-list-row");
  found.lens = await lens(page);
  await shot("problem");
}

/** A workspace that is not trusted: nothing is run. */
export async function untrusted(page, found, shot) {
  await page.locator(".monaco-dialog-box").waitFor({ timeout: 60_000 });
  found.dialog = (await texts(page, ".monaco-dialog-box")).join("\n");
  await shot("dialog");
  await page.locator(".monaco-dialog-box .monaco-button", { hasText: "No" }).click();
  await openModel(page);
  await page.waitForTimeout(8000);
  found.lens = await lens(page);
  found.lines = await lines(page);
  await shot("text");
}
