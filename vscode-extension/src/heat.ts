/** Marks in the gutter: five steps of one colour by a line's share of the cost; pale while the text is newer than they are. */
import * as vscode from "vscode";
import type { Client } from "./client";
import type { Heat, HeatLine } from "./protocol";
import { key } from "./uri";

const STEPS = 5;
const COLOURS = { light: "#c2571a", dark: "#e8833a" };

/** What is known of a document's lines; `pale` since an edit that there is no result for yet. */
interface Known {
  lines: HeatLine[];
  pale: boolean;
}

export class HeatMarks implements vscode.Disposable {
  private readonly strong = Array.from({ length: STEPS }, (_, index) => mark(index + 1, 1));
  private readonly pale = Array.from({ length: STEPS }, (_, index) => mark(index + 1, 0.4));
  private readonly known = new Map<string, Known>();
  private readonly subscriptions: vscode.Disposable[];

  constructor(client: Client) {
    this.subscriptions = [
      client.onHeat((heat) => this.learn(heat)),
      vscode.workspace.onDidChangeTextDocument((change) => this.follow(change)),
      vscode.workspace.onDidCloseTextDocument((document) => this.known.delete(key(document.uri.toString()))),
      vscode.window.onDidChangeVisibleTextEditors(() => this.show()),
      vscode.window.onDidChangeActiveTextEditor(() => this.tell()),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration("graphperf.heat")) this.show();
      }),
    ];
  }

  dispose(): void {
    vscode.Disposable.from(...this.subscriptions, ...this.strong, ...this.pale).dispose();
  }

  /** Takes over a result, unless the text is newer: then another one is on its way. */
  private learn(heat: Heat): void {
    const uri = key(heat.uri);
    const document = vscode.workspace.textDocuments.find((each) => key(each.uri.toString()) === uri);
    if (heat.version !== null && document && heat.version < document.version) return;
    this.known.set(uri, { lines: heat.lines, pale: false });
    this.show();
  }

  /** An edit: what was known moves with its lines and turns pale. */
  private follow(change: vscode.TextDocumentChangeEvent): void {
    const uri = key(change.document.uri.toString());
    const known = this.known.get(uri);
    if (!known || change.contentChanges.length === 0) return;
    this.known.set(uri, { lines: moved(known.lines, change.contentChanges), pale: true });
    this.show();
  }

  private show(): void {
    this.tell();
    const enabled = vscode.workspace.getConfiguration("graphperf").get<boolean>("heat.enabled", true);
    for (const editor of vscode.window.visibleTextEditors) {
      const known = this.known.get(key(editor.document.uri.toString()));
      if (!known) continue;
      const lines = enabled ? known.lines : [];
      const isPale = (line: HeatLine): boolean => known.pale || line.kept;
      this.strong.forEach((type, index) => editor.setDecorations(type, ranges(lines.filter((line) => !isPale(line)), index + 1)));
      this.pale.forEach((type, index) => editor.setDecorations(type, ranges(lines.filter(isPale), index + 1)));
    }
  }

  /** Whether the text in front has a model with figures: menus and the walkthrough ask. */
  private tell(): void {
    const uri = vscode.window.activeTextEditor?.document.uri.toString();
    const lines = uri === undefined ? undefined : this.known.get(key(uri))?.lines;
    void vscode.commands.executeCommand("setContext", "graphperf.hasModels", Boolean(lines?.length));
  }
}

/** Where lines are after edits, which come last first; those that were replaced by more or fewer are gone. */
function moved(lines: HeatLine[], changes: readonly vscode.TextDocumentContentChangeEvent[]): HeatLine[] {
  let found = lines;
  for (const { range, text } of changes) {
    const { start, end } = range;
    const more = text.split("\n").length - 1 - (end.line - start.line);
    const whole = start.character === 0 && end.character === 0; // lines came or went before the one it ends at
    const before = whole ? start.line - 1 : start.line;
    const behind = whole ? end.line : end.line + 1;
    found = found
      .filter(({ line }) => more === 0 || line <= before || line >= behind)
      .map((each) => (each.line >= behind ? { ...each, line: each.line + more } : each));
  }
  return found;
}

function ranges(lines: HeatLine[], level: number): vscode.Range[] {
  return lines.filter((line) => line.level === level).map((line) => new vscode.Range(line.line, 0, line.line, 0));
}

function mark(level: number, strength: number): vscode.TextEditorDecorationType {
  return vscode.window.createTextEditorDecorationType({
    light: { gutterIconPath: bar(COLOURS.light, level, strength) },
    dark: { gutterIconPath: bar(COLOURS.dark, level, strength) },
    gutterIconSize: "contain",
    ...(level >= 4 ? { overviewRulerColor: new vscode.ThemeColor("graphperf.heat"), overviewRulerLane: vscode.OverviewRulerLane.Left } : {}),
  });
}

/** A bar that is stronger and wider the hotter the line is: steps can be told apart without their colour. */
function bar(colour: string, level: number, strength: number): vscode.Uri {
  const width = 2 + level;
  const opacity = (0.2 * level * strength).toFixed(2);
  const rectangle = `<rect x="${12 - width}" y="0" width="${width}" height="16" fill="${colour}" fill-opacity="${opacity}"/>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">${rectangle}</svg>`;
  return vscode.Uri.parse(`data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}`);
}
