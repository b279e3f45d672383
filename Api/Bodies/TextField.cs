using System.Globalization;
using System.Text.Json;

namespace HmsOrleans.Api.Bodies;

/// <summary>A text that a command takes.</summary>
/// <param name="Name">Name of the field in the body.</param>
/// <param name="Expected">What it has to be, for the message.</param>
/// <param name="Fits">Whether a text is that.</param>
/// <param name="Optional">It may be null, or left out.</param>
internal sealed record TextField(string Name, string Expected, Func<string, bool> Fits, bool Optional = false)
{
    /// <summary>A time in ISO 8601 that says of which zone it is.</summary>
    public static TextField Time(string name, bool optional = false) =>
        new(name, $"it must be a time such as \"2026-01-02T12:00:00Z\"{(optional ? ", or left out" : "")}.", text => ToTime(text) is not null, optional);

    public static DateTimeOffset? ToTime(string? text) =>
        DateTimeOffset.TryParseExact(text, ["yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"], CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var time)
        // Without a zone it would be whose ever time.
        && (text!.EndsWith('Z') || text.LastIndexOfAny(['+', '-']) > text.IndexOf('T', StringComparison.Ordinal))
            ? time : null;

    /// <summary>False when it is not what is expected.</summary>
    public bool TryRead(JsonElement given, out string? value)
    {
        value = given.ValueKind == JsonValueKind.String ? given.GetString() : null;
        return value is null ? Optional && given.ValueKind == JsonValueKind.Null : Fits(value);
    }
}
