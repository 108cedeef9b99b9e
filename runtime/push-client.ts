/** The one HTTP client of all pushes: connections are kept open between messages and live as long as the process. */
import { type AxiosClient, axiosClient } from '../core/pushing/axios-client';
import type { HttpClient } from '../core/pushing/http';
import { shared } from './shared';

export const pushClient: HttpClient = (request) =>
  shared<AxiosClient>('push-client', () => axiosClient()).request(request);
