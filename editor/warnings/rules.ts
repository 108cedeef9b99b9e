/**
 * What a deploy of these flows would drop or hold. A rule names the node to be marked, the property, and a text of the
 * catalogue (`warning.<key>`) that says what happens and what to do. What a rule cannot see, it does not warn about.
 */
import { presetOf } from '../../core/mapping/presets';
import { pathPattern } from '../../runtime/http/paths';
import type { Flow, FlowNode } from './flow';

export interface Warning {
  node: string;
  property: string;
  key: string;
  values: Record<string, string>;
}

const RECEIVERS = ['shelfwire-paradigm-in', 'shelfwire-mipos-in', 'shelfwire-catalogue-in'];
const PUSH = 'shelfwire-pasons-push';
const RECORD = 'shelfwire-record-stock';
const VERIFY = 'shelfwire-hmac-verify';

export function warningsOf(flow: Flow): Warning[] {
  return [
    outletsTwice,
    notCarried,
    mapperDrops,
    pathTwice,
    nothingPushes,
    nothingRecords,
    nobodyVerifies,
    secretless,
    loopless,
  ].flatMap((rule) => rule(flow));
}

/** Two switched-on rows for one shop of one platform would overwrite each other; the second is left out. */
function outletsTwice(flow: Flow): Warning[] {
  const rows = flow.running('shelfwire-outlets').flatMap((node) => {
    const platform = String(node.props.platform || 'pasons');
    return list(node.props.rows)
      .filter(({ push_enabled }) => push_enabled === true)
      .map(({ store_id }) => ({ node, platform, store: String(store_id ?? '') }));
  });
  return rows.flatMap(({ node, platform, store }) => {
    const other = rows.find((row) => row.node !== node && row.platform === platform && row.store === store);
    return other && store !== ''
      ? [{ node: node.id, property: 'rows', key: 'outletsTwice', values: { store, platform, other: other.node.label } }]
      : [];
  });
}

/** A switched-on shop that is in no list of shops of its account's changed stock nodes: what changes there would wait. */
function notCarried(flow: Flow): Warning[] {
  return flow.running('shelfwire-outlets').flatMap((account) => {
    const carriers = flow.running('shelfwire-changed-stock').filter(({ props }) => props.outlets === account.id);
    const lists = carriers.map(({ props }) => (Array.isArray(props.stores) ? props.stores.map(String) : []));
    if (lists.some((stores) => stores.length === 0)) return [];
    const left = list(account.props.rows)
      .filter(({ push_enabled }) => push_enabled === true)
      .map(({ store_id }) => String(store_id ?? ''))
      .filter((store) => store !== '' && !lists.some((stores) => stores.includes(store)));
    if (left.length === 0) return [];
    const values = { stores: left.join(', '), outlets: account.label };
    return carriers.map(({ id }) => ({ node: id, property: 'stores', key: 'notCarried', values }));
  });
}

/** The ledger's names of what a mapper's row may take. */
const ALIASES: Record<string, string[]> = { stock_status: ['stock_status', 'enabled'] };

/** A mapping that leaves out what the outlet is to get. */
function mapperDrops(flow: Flow): Warning[] {
  return flow.running('shelfwire-field-mapper').flatMap((mapper) => {
    const own = list(mapper.props.fields);
    const rows = own.length > 0 ? own : list(presetOf(mapper.props.preset)?.fields);
    if (rows.length === 0) return [];
    const carries = (field: string) =>
      rows.some(({ from, expression }) => {
        const names = ALIASES[field] ?? [field];
        return names.includes(String(from)) || names.some((name) => String(expression ?? '').includes(name));
      });
    const wanted = new Set(
      flow
        .inFrontOf(mapper.id)
        .filter(({ type }) => type === 'shelfwire-changed-stock')
        .flatMap(({ props }) => fieldsOf(flow.get(props.outlets))),
    );
    const lacking = [...wanted].filter((field) => !carries(field));
    if (lacking.length === 0) return [];
    const key = lacking.length === wanted.size ? 'mapperNothing' : 'mapperLacks';
    return [{ node: mapper.id, property: 'fields', key, values: { fields: lacking.join(', ') } }];
  });
}

function fieldsOf(outlets: FlowNode | undefined): string[] {
  return Array.isArray(outlets?.props.fields) ? outlets.props.fields.map(String) : [];
}

/** Paths as the route table tells them apart: letter case, a slash at the end and names of parameters do not count. */
function pathTwice(flow: Flow): Warning[] {
  const routes = [
    ...flow.running(...RECEIVERS, 'shelfwire-push-request').map((node) => ({
      node,
      property: 'path',
      route: `post ${pathKey(node.props.path)}`,
    })),
    ...flow.running('shelfwire-ledger').map((node) => ({
      node,
      property: 'healthPath',
      route: `get ${pathKey(node.props.healthPath)}`,
    })),
    ...flow.running('http in').map((node) => ({
      node,
      property: '',
      route: `${String(node.props.method ?? 'get')} ${pathKey(node.props.url)}`,
    })),
  ];
  return routes.flatMap(({ node, property, route }) => {
    // Core's own nodes are not ours to mark; ledgers may share a health path, since they answer the same.
    const rivals = routes.filter((each) => each.node !== node && each.route === route && !route.endsWith(' '));
    const other = rivals.find((each) => !(property === 'healthPath' && each.property === 'healthPath'));
    if (property === '' || !other) return [];
    const key = other.property === '' ? 'pathOfHttpIn' : 'pathTwice';
    return [{ node: node.id, property, key, values: { other: other.node.label } }];
  });
}

function pathKey(path: unknown): string {
  const text = String(path ?? '').trim();
  if (text === '') return '';
  try {
    return pathPattern(text.startsWith('/') ? text : `/${text}`).key;
  } catch {
    // One with a variable, or not valid: the same text is the same path.
    return text;
  }
}

/** What changed stock takes is put back when nobody sends it. */
function nothingPushes(flow: Flow): Warning[] {
  return outside(flow, 'shelfwire-changed-stock').flatMap((node) => {
    const { nodes, open } = flow.behind(node.id, null);
    return open || nodes.some(({ type }) => type === PUSH)
      ? []
      : [{ node: node.id, property: 'version', key: 'nothingPushes', values: {} }];
  });
}

/** A sender is only answered once record stock has stored (or a http response node answers). */
function nothingRecords(flow: Flow): Warning[] {
  return outside(flow, ...RECEIVERS, 'shelfwire-scanner-in', 'shelfwire-paradigm-sync').flatMap((node) => {
    const { nodes, open } = flow.behind(node.id, null, verifiedOnly);
    if (open || nodes.some(({ type }) => type === RECORD || type === 'http response')) return [];
    const key =
      node.type === 'shelfwire-scanner-in'
        ? 'nothingRecordsScans'
        : node.type === 'shelfwire-paradigm-sync'
          ? 'nothingRecordsSync'
          : 'nothingRecords';
    return [{ node: node.id, property: 'version', key, values: { wait: String(node.props.wait ?? 20) } }];
  });
}

const verifiedOnly = ({ type }: FlowNode) => (type === VERIFY ? [0] : null);

/** record stock takes nothing from a request that nobody has verified. */
function nobodyVerifies(flow: Flow): Warning[] {
  return outside(flow, ...RECEIVERS).flatMap((node) => {
    // A token proves the sender as well; whether one is stored may not be known here.
    const token = node.type === 'shelfwire-catalogue-in' && node.secrets.token !== false;
    if (node.props.unsigned === 'allow' || token) return [];
    const { nodes, open } = flow.behind(node.id, null);
    if (open || nodes.some(({ type }) => type === VERIFY) || !nodes.some(({ type }) => type === RECORD)) return [];
    return [{ node: node.id, property: 'unsigned', key: 'nobodyVerifies', values: {} }];
  });
}

function secretless(flow: Flow): Warning[] {
  return flow
    .running(VERIFY)
    .filter(({ secrets }) => secrets.secret === false)
    .map(({ id }) => ({ node: id, property: 'version', key: 'secretless', values: {} }));
}

/** What fails does not come back to be tried again. */
function loopless(flow: Flow): Warning[] {
  return outside(flow, 'shelfwire-retry').flatMap((node) => {
    const { nodes, open } = flow.behind(node.id, [0]);
    return open || nodes.includes(node) ? [] : [{ node: node.id, property: 'version', key: 'loopless', values: {} }];
  });
}

/** Running, and not inside a subflow. */
const outside = (flow: Flow, ...types: string[]): FlowNode[] => flow.running(...types).filter(({ inside }) => !inside);

function list(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'object' && each !== null) : [];
}
