using System.ComponentModel.DataAnnotations;
using HmsOrleans.Api.Bodies;
using HmsOrleans.Grains.Hosts;

namespace HmsOrleans.Api.Notifications;

/// <summary>How long a container is muted.</summary>
/// <param name="Until">Until when; left out for good.</param>
public sealed record MuteRequest(DateTimeOffset? Until)
{
    internal static readonly TextField UntilField = TextField.Time("until", optional: true);
}

/// <summary>A time in which nothing is told.</summary>
/// <param name="Host">Address of the host that it is for; left out for all.</param>
/// <param name="From">Its begin; left out for now.</param>
/// <param name="Until">Its end, at most 30 days after its begin.</param>
public sealed record MaintenanceRequest(string? Host, DateTimeOffset? From, [property: Required] DateTimeOffset Until)
{
    internal static readonly TimeSpan MaxLength = TimeSpan.FromDays(30);
    internal static readonly TextField HostField = new("host", "it must be the address of a host, as GET /hosts lists them, or left out.", text => HostAddress.Parse(text) is not null, Optional: true);
    internal static readonly TextField FromField = TextField.Time("from", optional: true);
    internal static readonly TextField UntilField = TextField.Time("until");
}
