using System.Globalization;
using System.Net;
using System.Text;
using HmsOrleans.Grains.Containers;
using HmsOrleans.Grains.Health;
using Microsoft.AspNetCore.Http;

namespace HmsOrleans.Api.Incidents;

/// <summary>A small picture: what it is about, and how that is.</summary>
/// <param name="Label">The left half.</param>
/// <param name="Value">The right half.</param>
/// <param name="Color">Of the right half. White on it has a contrast of 4.5 or more.</param>
/// <param name="IsPublic">Pages of other sites may show it.</param>
internal sealed record Badge(string Label, string Value, string Color, bool IsPublic = false) : IResult
{
    private const string Good = "#1a7f37";
    private const string Doubtful = "#9a6700";
    private const string Bad = "#c62828";
    private const string Unknown = "#57606a";

    /// <summary>The state of a container.</summary>
    public static Badge Of(ContainerView container) => new(container.Name, container.StaleSince is null ? Word(container.Health) : "host offline", container switch
    {
        { StaleSince: not null } or { Health: HealthState.Ignored or HealthState.Unknown } => Unknown,
        { ServiceState: ServiceState.Down } or { Health: HealthState.Quarantined } => Bad,
        { Health: HealthState.Healthy } => Good,
        _ => Doubtful,
    });

    /// <summary>The availability of a container in a time.</summary>
    public static Badge Of(ContainerView container, AvailabilityWindowReply window) => new(
        $"{container.Name} {window.Window}",
        window.Availability is { } percent ? string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(percent * 100) / 100:0.##} %") : "not observed",
        window.Availability switch { null => Unknown, >= 99.9 => Good, >= 99 => Doubtful, _ => Bad });

    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.ContentType = "image/svg+xml; charset=utf-8";
        httpContext.Response.Headers.CacheControl = "no-cache";
        if (IsPublic)
        {
            httpContext.Response.Headers["Cross-Origin-Resource-Policy"] = "cross-origin";
        }
        return httpContext.Response.WriteAsync(ToString(), httpContext.RequestAborted);
    }

    public override string ToString()
    {
        var (label, value) = (Width(Label), Width(Value));
        var title = WebUtility.HtmlEncode($"{Label}: {Value}");
        return new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"""<svg xmlns="http://www.w3.org/2000/svg" width="{label + value}" height="20" role="img" aria-label="{title}"><title>{title}</title>""")
            .Append(CultureInfo.InvariantCulture, $"""<rect width="{label + value}" height="20" rx="3" fill="#3b434b"/><path d="M{label} 0h{value - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3h-{value - 3}z" fill="{Color}"/>""")
            .Append("""<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">""")
            .Append(CultureInfo.InvariantCulture, $"""<text x="{label / 2.0}" y="14" textLength="{label - 12}">{WebUtility.HtmlEncode(Label)}</text>""")
            .Append(CultureInfo.InvariantCulture, $"""<text x="{label + (value / 2.0)}" y="14" textLength="{value - 12}">{WebUtility.HtmlEncode(Value)}</text></g></svg>""")
            .ToString();
    }

    /// <summary>Pixels that a text takes with its margins: nearly enough, and the picture says how wide it is to be drawn.</summary>
    private static int Width(string text) => (int)text.Sum(letter => letter switch
    {
        'i' or 'j' or 'l' or '.' or '\'' or '|' or ' ' => 4.0,
        'm' or 'w' or 'M' or 'W' or '%' => 10.5,
        >= 'A' and <= 'Z' => 8.0,
        _ => 7.0,
    }) + 12;

    private static string Word(HealthState health) => health switch
    {
        HealthState.BackingOff => "backing off",
        _ => health.ToString().ToLowerInvariant(),
    };
}
