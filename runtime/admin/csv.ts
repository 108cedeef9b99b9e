/** CSV as spreadsheets and this pack's own feed read it (RFC 4180). */

export function csvLine(fields: (string | number | null | undefined)[]): string {
  return `${fields.map((field) => csvField(field === null || field === undefined ? '' : String(field))).join(',')}\r\n`;
}

const csvField = (text: string): string => (/[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
