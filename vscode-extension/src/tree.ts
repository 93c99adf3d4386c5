/** Models of the file in front and their layers, dearest first. */
import * as vscode from "vscode";
import type { Client } from "./client";
import { command, type ModelNode } from "./protocol";

export class ModelTree implements vscode.TreeDataProvider<ModelNode>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly subscriptions: vscode.Disposable[];
  private uri: vscode.Uri | undefined;

  readonly onDidChangeTreeData = this.changed.event;

  constructor(private readonly client: Client) {
    this.subscriptions = [
      client.onHeat(() => this.changed.fire()),
      vscode.window.onDidChangeActiveTextEditor(() => this.changed.fire()),
      vscode.window.registerTreeDataProvider("graphperf.models", this),
      this.changed,
    ];
  }

  async getChildren(parent?: ModelNode): Promise<ModelNode[]> {
    if (parent) return parent.children ?? [];
    const document = vscode.window.activeTextEditor?.document;
    if (document?.languageId === "python") this.uri = document.uri;
    const models = this.uri && (await this.client.ask<ModelNode[]>(command.models, this.uri.toString()));
    return models ?? [];
  }

  getTreeItem(node: ModelNode): vscode.TreeItem {
    const open = node.children?.length ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.None;
    const item = new vscode.TreeItem(node.name, node.totals ? vscode.TreeItemCollapsibleState.Expanded : open);
    const share = node.share === undefined ? "" : `${(100 * node.share).toPrecision(2)} %`;
    item.description = [share, node.totals, node.detail].filter(Boolean).join(" · ");
    item.tooltip = item.description;
    if (this.uri) {
      const place = new vscode.Position(node.line, 0);
      const options: vscode.TextDocumentShowOptions = { selection: new vscode.Range(place, place) };
      item.command = { command: "vscode.open", title: "Open", arguments: [this.uri, options] };
    }
    return item;
  }

  dispose(): void {
    vscode.Disposable.from(...this.subscriptions).dispose();
  }
}
