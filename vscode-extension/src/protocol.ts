/** What the server says beyond the language server protocol. */
import { NotificationType } from "vscode-languageclient/node";

export interface HeatLine {
  /** Zero-based. */
  line: number;
  /** Part of the model's cost, 0 to 1. */
  share: number;
  /** 1 to 5. */
  level: number;
  /** Of a model whose present text does not run. */
  kept: boolean;
}

export interface Heat {
  uri: string;
  version: number | null;
  lines: HeatLine[];
}

export type State = "starting" | "capturing" | "ready" | "degraded" | "untrusted";

export interface Status {
  state: State;
  message: string;
  uri: string | null;
}

/** What a model was asked, as its lens shows it. */
export interface Question {
  hardware: string[];
  precision: string;
  batch: number;
  mode: string;
}

export interface Device {
  id: string;
  name: string;
  kind: string;
  precisions: string[];
  modes: string[];
}

export interface ModelNode {
  name: string;
  /** Zero-based. */
  line: number;
  totals?: string;
  share?: number;
  detail?: string;
  children?: ModelNode[];
}

export interface Report {
  title: string;
  html: string;
}

export const heat = new NotificationType<Heat>("graphperf/heat");
export const status = new NotificationType<Status>("graphperf/status");

/** Commands of the server, through `workspace/executeCommand`. */
export const command = {
  devices: "graphperf.devices",
  models: "graphperf.models",
  report: "graphperf.report",
} as const;
