/** The raw results of a run, as they are kept as JSON. Everything that is said about them is worked out from these. */
import type { Comparison, Measured, Reach } from '../comparison';
import type { Machine } from './machine';
import type { Noise } from './noise';

export interface Round {
  round: number;
  /** In which order the sides ran. */
  order: string[];
  noise: Noise;
  /** By side. */
  measured: Record<string, Measured>;
}

export interface ComparisonResult {
  id: string;
  title: string;
  unit: Comparison['unit'];
  /** Names, ours first. */
  sides: string[];
  reach: Reach[];
  /** Quiet rounds that a comparison asks for. */
  wanted: number;
  /** With fewer and shorter rounds, for whoever works on it. */
  quick: boolean;
  /** Compared although the machine was noisy. */
  noisyAllowed: boolean;
  rounds: Round[];
  /** A side failed: there is nothing to compare. */
  error?: string;
  machine: Machine;
  /** When it began, ISO 8601. */
  at: string;
  commit: string;
}
