export { openLedger } from './client';
