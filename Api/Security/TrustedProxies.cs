using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;

namespace HmsOrleans.Api.Security;

/// <summary>Proxies that tell who asks and whether it was by TLS, so that the log and the session's cookie are right behind them. This machine's are believed anyway.</summary>
internal static class TrustedProxies
{
    public static void Configure(ForwardedHeadersOptions headers, IOptions<ApiOptions> options)
    {
        // Not the host's name: a page of another site that gets to 127.0.0.1 (see HostNameGuard) could say any.
        headers.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
        foreach (var network in Split(options.Value.Proxies).Select(Parse))
        {
            headers.KnownIPNetworks.Add(network!.Value);
        }
    }

    public static string[] Split(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>A network, or an address as one of its own; null when it is neither.</summary>
    public static System.Net.IPNetwork? Parse(string text) =>
        System.Net.IPNetwork.TryParse(text, out var network) ? network
        : IPAddress.TryParse(text, out var address) ? new(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128)
        : null;
}
