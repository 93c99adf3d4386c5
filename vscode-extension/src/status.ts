/** What graphperf is doing, in the language status beside the language of the file. */
import * as vscode from "vscode";
import type { State, Status } from "./protocol";

const SELECTOR = { language: "python" };
const SEVERITY: Record<State, vscode.LanguageStatusSeverity> = {
  starting: vscode.LanguageStatusSeverity.Information,
  capturing: vscode.LanguageStatusSeverity.Information,
  ready: vscode.LanguageStatusSeverity.Information,
  degraded: vscode.LanguageStatusSeverity.Error,
  untrusted: vscode.LanguageStatusSeverity.Warning,
};
const COMMAND: Partial<Record<State, vscode.Command>> = {
  degraded: { command: "graphperf.showLog", title: "Show Log" },
  untrusted: { command: "workbench.trust.manage", title: "Manage Trust" },
};

export class StatusItem implements vscode.Disposable {
  private readonly state = vscode.languages.createLanguageStatusItem("graphperf.state", SELECTOR);
  private readonly question = vscode.languages.createLanguageStatusItem("graphperf.question", SELECTOR);

  constructor() {
    this.state.name = "graphperf";
    this.question.name = "graphperf hardware";
    this.question.command = { command: "graphperf.changeQuestion", title: "Change" };
    this.showQuestion();
  }

  /** Shows a state of the server. */
  show(status: Status): void {
    this.state.text = `graphperf: ${status.message || status.state}`;
    this.state.detail = status.state;
    this.state.severity = SEVERITY[status.state];
    this.state.busy = status.state === "starting" || status.state === "capturing";
    this.state.command = COMMAND[status.state];
  }

  /** Shows what is asked: device, precision, mode, batch. */
  showQuestion(): void {
    const settings = vscode.workspace.getConfiguration("graphperf");
    const batch = settings.get<number | null>("batch", null);
    const words = [
      settings.get<string[]>("hardware", []).join(", "),
      settings.get<string>("precision", ""),
      batch ? `batch ${batch}` : "",
      settings.get<string>("mode", ""),
    ];
    this.question.text = words.filter(Boolean).join(" · ");
  }

  dispose(): void {
    this.state.dispose();
    this.question.dispose();
  }
}
