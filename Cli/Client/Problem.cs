namespace HmsOrleans.Cli.Client;

/// <summary>What the API says when it refuses (RFC 9457).</summary>
internal sealed record Problem(string? Type, string? Title, string? Detail)
{
    /// <summary>Last part of the type.</summary>
    public string? Name => Type?.Split(':')[^1];
}
