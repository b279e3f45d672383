using System.ComponentModel.DataAnnotations;

namespace HmsOrleans.Api.Security;

/// <summary>Who may use the API. Configuration section <see cref="Section"/>.</summary>
public sealed class ApiOptions
{
    public const string Section = "Hms:Api";

    /// <summary>Those who may; none: everybody on this machine, and nobody else.</summary>
    public IList<ApiKey> Keys { get; } = [];

    /// <summary>As many may follow GET /events at once.</summary>
    public int MaxViewers { get; set; } = 500;

    /// <summary>Badges are shown to everybody, also on pages of other sites: an image carries no key.</summary>
    public bool PublicBadges { get; set; }

    /// <summary>Addresses and networks of proxies, beside this machine, whose X-Forwarded-For and X-Forwarded-Proto are believed; with commas between them.</summary>
    public string Proxies { get; set; } = "";
}

/// <summary>A key, and what it permits.</summary>
public sealed class ApiKey
{
    /// <summary>Fewest characters of a key. At 5 bits a character it takes longer than the sun will last to try them out.</summary>
    public const int MinLength = 16;

    /// <summary>Whose key it is, for the log.</summary>
    [Required]
    public string Name { get; set; } = "";

    /// <summary>The secret.</summary>
    [Required]
    public string Key { get; set; } = "";

    /// <summary><see cref="ApiRole.Viewer"/>, <see cref="ApiRole.Operator"/> or <see cref="ApiRole.Chaos"/>.</summary>
    [Required]
    public string Role { get; set; } = "";
}

/// <summary>What a key permits.</summary>
public static class ApiRole
{
    /// <summary>Reading: every GET, the page and the dashboard.</summary>
    public const string Viewer = "viewer";

    /// <summary>Everything but attacking containers; also ending attacks.</summary>
    public const string Operator = "operator";

    /// <summary>Everything.</summary>
    public const string Chaos = "chaos";
}
