using System.Globalization;
using System.Text;
using System.Text.Json;

namespace HmsOrleans.Api.Events;

/// <summary>An event as it goes over the wire, the same bytes to every viewer (HTML Standard, 9.2.6).</summary>
/// <param name="Kind">Its name.</param>
/// <param name="Bytes">With the empty line that ends it.</param>
internal sealed record FleetEvent(string Kind, ReadOnlyMemory<byte> Bytes)
{
    public const string Snapshot = "snapshot";
    public const string Delta = "delta";
    public const string Incident = "incident";
    public const string Gap = "gap";
    public const string Silent = "silent";

    /// <summary>Something was missed; a snapshot follows. It has no number, so that who loses the connection right after it has missed the same.</summary>
    public static readonly FleetEvent Missed = new(Gap, Encoding.UTF8.GetBytes($"event: {Gap}\ndata: {{}}\n\n"));

    /// <summary>A comment: it keeps proxies from closing an idle connection, and tells us of one that is gone.</summary>
    public static readonly FleetEvent Beat = new("", ": \n\n"u8.ToArray());

    /// <summary>Puts a value into an event.</summary>
    /// <param name="kind">Name of the event.</param>
    /// <param name="id">What a viewer resumes after; null when it cannot be resumed after this.</param>
    /// <param name="value">What happened. JSON has no line breaks, so one line holds it.</param>
    /// <param name="json">How it is written.</param>
    public static FleetEvent Of(string kind, string? id, object value, JsonSerializerOptions json)
    {
        using var bytes = new MemoryStream();
        bytes.Write(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{(id is null ? "" : $"id: {id}\n")}event: {kind}\ndata: ")));
        JsonSerializer.Serialize(bytes, value, value.GetType(), json);
        bytes.Write("\n\n"u8);
        return new(kind, bytes.ToArray());
    }
}
