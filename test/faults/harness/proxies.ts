import { S3Proxy } from './s3-proxy.js';
import type { BreakableServers, Ground } from './servers.js';
import { TcpProxy } from './tcp-proxy.js';

/** What stands between the service's processes and its servers. */
export interface Proxies {
  control: TcpProxy;
  target: TcpProxy;
  redis: TcpProxy;
  /** Connections to S3. */
  s3: TcpProxy;
  /** Requests to S3, behind `s3`. */
  s3Requests: S3Proxy;
  /** Ends every fault of all of them. */
  heal(): void;
}

export async function startProxies(
  ground: Ground,
  servers: BreakableServers,
  s3Endpoint: string,
): Promise<Proxies> {
  const s3Requests = await S3Proxy.start(Number(new URL(s3Endpoint).port));
  const [control, target, redis, s3] = await Promise.all([
    TcpProxy.start(servers.control.port, 'postgres'),
    TcpProxy.start(servers.target.port, 'postgres'),
    TcpProxy.start(servers.redis.port),
    TcpProxy.start(s3Requests.port),
  ]);
  const all = [control, target, redis, s3, s3Requests];
  ground.teardown(async () => {
    await Promise.all(all.map((proxy) => proxy.close()));
  });
  return {
    control,
    target,
    redis,
    s3,
    s3Requests,
    heal: () => {
      for (const proxy of all) proxy.heal();
    },
  };
}
