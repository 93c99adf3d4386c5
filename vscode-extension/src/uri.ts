import * as vscode from "vscode";

/** One spelling of a URI: servers and editors escape different characters. */
export function key(uri: string): string {
  return vscode.Uri.parse(uri).toString();
}
