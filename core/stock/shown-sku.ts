/** A SKU as refusals name it: whatever was sent there, short enough to keep and to show. */
export function shownSku(sku: string | null | undefined): string | null {
  return sku ? sku.slice(0, 512).toWellFormed() : null;
}
