/** What the frame asks of a view: one tab of the sidebar. */
import type { Topic } from './live';

export interface View {
  readonly id: string;
  /** Of Font Awesome 4.7. */
  readonly icon: string;
  readonly element: HTMLElement;
  /** News that concern it. */
  readonly topics: readonly Topic[];
  /** Reads and draws what it shows; called when it becomes visible and when there is news. */
  refresh(): Promise<void>;
  /** Another view sends the person here: `items` with a SKU, `pushes` with a filter. */
  open?(what: Record<string, string>): void;
  /** Escape was pressed: what was opened gives way to what was there before. */
  back?(): void;
}

/** Goes to another view, as a link does. */
export type Go = (view: string, what?: Record<string, string>) => void;
