using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace HmsOrleans.Grains.Commands;

/// <summary>
/// Which command of a program outside a call belongs to. It goes along with the call, and whoever carries the command out keeps
/// the mark with the effect, in one write: a command that was carried out, but not noted by its <see cref="ICommandGrain"/>
/// because that was lost, has no effect the second time.
/// </summary>
public static class CommandMark
{
    /// <summary>Marks that are kept: twice as many as commands can be under way for one host, or for the fleet.</summary>
    internal const int Kept = 128;

    private const string Key = "hms.command";

    private const int TimeBytes = 6;

    /// <summary>That of the call that is being carried out; null for one of the API.</summary>
    internal static Guid? Current => RequestContext.Get(Key) as Guid?;

    /// <summary>Marks the calls that are made from here on.</summary>
    public static void Set(string correlationId) => RequestContext.Set(Key, new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(correlationId)).AsSpan(0, 16)));

    /// <summary>The same marks with the current one, if there is one.</summary>
    /// <param name="marks">Those that are kept, the oldest first.</param>
    /// <param name="now">The time (UTC).</param>
    internal static ImmutableList<Guid> WithCurrent(this ImmutableList<Guid> marks, DateTimeOffset now) =>
        Current is not { } mark ? marks : (marks.Count < Kept ? marks : marks.RemoveRange(0, marks.Count - Kept + 1)).Add(At(mark, now));

    /// <summary>Whether the current one is among them, and no older than what the commands' memory holds: an id that is used again later is another command's.</summary>
    /// <param name="marks">Those that are kept.</param>
    /// <param name="now">The time (UTC).</param>
    internal static bool ContainsCurrent(this ImmutableList<Guid> marks, DateTimeOffset now) =>
        Current is { } mark && marks.Exists(kept => TimeOf(kept) is var at && kept == At(mark, at) && now - at < CommandJournal.Memory);

    /// <summary>A mark as it is kept: its first 48 bits are the time in milliseconds, as in a UUID of version 7.</summary>
    private static Guid At(Guid mark, DateTimeOffset at)
    {
        Span<byte> bytes = stackalloc byte[16];
        mark.TryWriteBytes(bytes, bigEndian: true, out _);
        Span<byte> milliseconds = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(milliseconds, at.ToUnixTimeMilliseconds());
        milliseconds[^TimeBytes..].CopyTo(bytes);
        return new(bytes, bigEndian: true);
    }

    private static DateTimeOffset TimeOf(Guid kept)
    {
        Span<byte> bytes = stackalloc byte[16];
        kept.TryWriteBytes(bytes, bigEndian: true, out _);
        Span<byte> milliseconds = stackalloc byte[sizeof(long)];
        milliseconds.Clear();
        bytes[..TimeBytes].CopyTo(milliseconds[^TimeBytes..]);
        return DateTimeOffset.FromUnixTimeMilliseconds(Math.Min(BinaryPrimitives.ReadInt64BigEndian(milliseconds), DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()));
    }
}
