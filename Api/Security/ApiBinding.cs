using System.Net;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace HmsOrleans.Api.Security;

/// <summary>Whether the addresses that the node listens on fit its keys: without keys it listens to this machine only.</summary>
public static class ApiBinding
{
    /// <summary>Refuses addresses that other machines can reach, when there are no keys.</summary>
    /// <param name="urls">What the node listens on, or is to listen on.</param>
    /// <param name="options">Its keys.</param>
    /// <exception cref="ApiBindingException">One can be reached from other machines, and there are no keys.</exception>
    public static void Validate(IEnumerable<string> urls, ApiOptions options)
    {
        ArgumentNullException.ThrowIfNull(urls);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Keys.Count == 0 && urls.FirstOrDefault(url => !IsOfThisMachine(url)) is { } open)
        {
            throw new ApiBindingException(
                $"The API would listen on {open}, where other machines reach it, but {ApiOptions.Section}:Keys is empty: anybody there could end the supervision of containers. "
                + "Either set ASPNETCORE_URLS=http://127.0.0.1:8080, so that only this machine reaches it, "
                + $"or set a key: {ApiOptions.Section}:Keys:0:Name=admin, {ApiOptions.Section}:Keys:0:Role={ApiRole.Operator}, {ApiOptions.Section}:Keys:0:Key=(at least {ApiKey.MinLength} random characters); "
                + "as environment variables Hms__Api__Keys__0__Name and so on.");
        }
    }

    /// <summary>What Kestrel will listen on by its configuration, in the order in which one setting overrides another.</summary>
    internal static IEnumerable<string> Configured(IConfiguration configuration)
    {
        var urls = Split(configuration[WebHostDefaults.ServerUrlsKey]);
        var endpoints = configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]).OfType<string>().ToArray();
        if (endpoints.Length > 0 && !(urls.Length > 0 && configuration.GetValue<bool>(WebHostDefaults.PreferHostingUrlsKey)))
        {
            return endpoints;
        }
        return urls.Length > 0
            ? urls
            : [.. Ports("http", WebHostDefaults.HttpPortsKey), .. Ports("https", WebHostDefaults.HttpsPortsKey)];

        IEnumerable<string> Ports(string scheme, string key) => Split(configuration[key]).Select(port => $"{scheme}://*:{port}");
    }

    private static bool IsOfThisMachine(string url)
    {
        BindingAddress address;
        try
        {
            address = BindingAddress.Parse(url);
        }
        catch (FormatException)
        {
            // Not an address that can be judged, such as a socket inherited from systemd.
            return false;
        }
        // Kestrel binds every name but localhost to all interfaces.
        return address.IsUnixPipe || address.IsNamedPipe
            || address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(address.Host, out var ip) && IPAddress.IsLoopback(ip));
    }

    private static string[] Split(string? list) =>
        list?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
}

/// <summary>The API would be open to other machines without a key.</summary>
public sealed class ApiBindingException : Exception
{
    public ApiBindingException() { }

    public ApiBindingException(string message) : base(message) { }

    public ApiBindingException(string message, Exception innerException) : base(message, innerException) { }
}
