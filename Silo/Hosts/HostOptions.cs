using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using HmsOrleans.Grains.Hosts;
using Microsoft.Extensions.Options;

namespace HmsOrleans.Silo.Hosts;

/// <summary>Section <c>Hms:Host</c>: which Docker host this is.</summary>
public sealed class HostOptions
{
    public const string Section = "Hms:Host";

    /// <summary>The host's address, its name in every call; by default the machine's first IPv4 address.</summary>
    public string Address { get; set; } = FirstAddress();

    /// <summary>Read off the interfaces; the resolver says 127.0.1.1 on Debian.</summary>
    private static string FirstAddress() =>
        NetworkInterface.GetAllNetworkInterfaces()
            .Where(nic => nic.OperationalStatus == OperationalStatus.Up && nic.NetworkInterfaceType != NetworkInterfaceType.Loopback
                && !nic.Name.StartsWith("docker", StringComparison.Ordinal) && !nic.Name.StartsWith("br-", StringComparison.Ordinal) && !nic.Name.StartsWith("veth", StringComparison.Ordinal))
            .SelectMany(nic => nic.GetIPProperties().UnicastAddresses)
            .Select(unicast => unicast.Address)
            .FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork)?.ToString() ?? IPAddress.Loopback.ToString();
}

/// <summary>Says at start what is wrong with the address, and what it may be.</summary>
internal sealed class HostOptionsValidator : IValidateOptions<HostOptions>
{
    public ValidateOptionsResult Validate(string? name, HostOptions options) =>
        HostAddress.Parse(options.Address) is not null
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail($"{HostOptions.Section}:Address is '{options.Address}'; it must be an IP address or a host name");
}
