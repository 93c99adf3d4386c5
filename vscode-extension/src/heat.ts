/** Marks in the gutter: five steps of one colour by a line's share of the cost. */
import * as vscode from "vscode";
import type { Client } from "./client";
import type { Heat } from "./protocol";
import { key } from "./uri";

const STEPS = 5;
const COLOURS = { light: "#c2571a", dark: "#e8833a" };

export class HeatMarks implements vscode.Disposable {
  private readonly types = Array.from({ length: STEPS }, (_, index) => mark(index + 1));
  private readonly known = new Map<string, Heat>();
  private readonly subscriptions: vscode.Disposable[];

  constructor(client: Client) {
    this.subscriptions = [
      client.onHeat((heat) => {
        this.known.set(key(heat.uri), heat);
        this.show();
      }),
      vscode.window.onDidChangeVisibleTextEditors(() => this.show()),
      vscode.window.onDidChangeActiveTextEditor(() => this.tell()),
      vscode.workspace.onDidCloseTextDocument((document) => this.known.delete(key(document.uri.toString()))),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration("graphperf.heat")) this.show();
      }),
    ];
  }

  dispose(): void {
    vscode.Disposable.from(...this.subscriptions, ...this.types).dispose();
  }

  private show(): void {
    this.tell();
    for (const editor of vscode.window.visibleTextEditors) {
      const heat = this.known.get(key(editor.document.uri.toString()));
      // Decorations move with the text by themselves until the next heat comes.
      if (!heat || (heat.version !== null && heat.version < editor.document.version && this.enabled())) continue;
      this.types.forEach((type, index) => editor.setDecorations(type, this.enabled() ? ranges(heat, index + 1) : []));
    }
  }

  /** Whether the text in front has a model with figures: menus and the walkthrough ask. */
  private tell(): void {
    const uri = vscode.window.activeTextEditor?.document.uri.toString();
    const lines = uri === undefined ? undefined : this.known.get(key(uri))?.lines;
    void vscode.commands.executeCommand("setContext", "graphperf.hasModels", Boolean(lines?.length));
  }

  private enabled(): boolean {
    return vscode.workspace.getConfiguration("graphperf").get<boolean>("heat.enabled", true);
  }
}

function ranges(heat: Heat, level: number): vscode.DecorationOptions[] {
  return heat.lines.filter((line) => line.level === level).map((line) => ({ range: new vscode.Range(line.line, 0, line.line, 0) }));
}

function mark(level: number): vscode.TextEditorDecorationType {
  return vscode.window.createTextEditorDecorationType({
    light: { gutterIconPath: bar(COLOURS.light, level) },
    dark: { gutterIconPath: bar(COLOURS.dark, level) },
    gutterIconSize: "contain",
    ...(level >= 4 ? { overviewRulerColor: new vscode.ThemeColor("graphperf.heat"), overviewRulerLane: vscode.OverviewRulerLane.Left } : {}),
  });
}

/** A bar that is stronger and wider the hotter the line is: steps can be told apart without their colour. */
function bar(colour: string, level: number): vscode.Uri {
  const width = 2 + level;
  const rectangle = `<rect x="${12 - width}" y="0" width="${width}" height="16" fill="${colour}" fill-opacity="${0.2 * level}"/>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">${rectangle}</svg>`;
  return vscode.Uri.parse(`data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}`);
}
