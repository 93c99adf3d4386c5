/** The report of a model in a panel beside the text; it follows edits, and a click opens the line. */
import * as vscode from "vscode";
import type { Client } from "./client";
import { command, type Report } from "./protocol";
import { key } from "./uri";

interface Open {
  type: "open";
  file: string;
  /** One-based. */
  line: number;
}

const PATIENCE_MS = 500;

export class ReportPanel implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;
  private shown: { uri: string; model: string | null } | undefined;
  private timer: NodeJS.Timeout | undefined;
  private readonly subscription: vscode.Disposable;

  constructor(private readonly client: Client) {
    this.subscription = client.onHeat((heat) => {
      if (this.shown && key(heat.uri) === key(this.shown.uri)) this.renewSoon();
    });
  }

  /** Shows a model of a document, by default the first one of the text in front. */
  async open(uri?: string, model?: string): Promise<void> {
    const document = uri ?? vscode.window.activeTextEditor?.document.uri.toString();
    if (!document) {
      void vscode.window.showInformationMessage("Open a Python file with a PyTorch model first.");
      return;
    }
    this.shown = { uri: document, model: model ?? null };
    const report = await this.ask();
    if (!report) {
      void vscode.window.showInformationMessage("There is no model with figures in this file yet.");
      return;
    }
    this.show(report);
    this.panel?.reveal(vscode.ViewColumn.Beside, true);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.subscription.dispose();
    this.panel?.dispose();
  }

  private ask(): Promise<Report | undefined> {
    return this.client.ask<Report>(command.report, this.shown?.uri, this.shown?.model ?? null);
  }

  private renewSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.renew(), PATIENCE_MS);
  }

  private async renew(): Promise<void> {
    const report = this.panel && (await this.ask());
    if (report) this.show(report);
  }

  private show(report: Report): void {
    this.panel ??= this.created();
    this.panel.title = report.title;
    if (this.panel.webview.html !== report.html) this.panel.webview.html = report.html;
  }

  private created(): vscode.WebviewPanel {
    const place = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
    const panel = vscode.window.createWebviewPanel("graphperf.report", "graphperf", place, {
      enableScripts: true,
      localResourceRoots: [],
      retainContextWhenHidden: true,
    });
    panel.webview.onDidReceiveMessage((message: Open) => {
      if (message.type === "open") void openLine(message);
    });
    panel.onDidDispose(() => {
      this.panel = undefined;
      this.shown = undefined;
    });
    return panel;
  }
}

async function openLine(message: Open): Promise<void> {
  const position = new vscode.Position(Math.max(0, message.line - 1), 0);
  const uri = vscode.Uri.file(message.file);
  const visible = vscode.window.visibleTextEditors.find((editor) => key(editor.document.uri.toString()) === key(uri.toString()));
  await vscode.window.showTextDocument(uri, {
    selection: new vscode.Range(position, position),
    viewColumn: visible?.viewColumn ?? vscode.ViewColumn.One,
  });
}
