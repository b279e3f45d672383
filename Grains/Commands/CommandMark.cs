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

    /// <summary>That of the call that is being carried out; null for one of the API.</summary>
    internal static Guid? Current => RequestContext.Get(Key) as Guid?;

    /// <summary>Marks the calls that are made from here on.</summary>
    public static void Set(string correlationId) => RequestContext.Set(Key, new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(correlationId)).AsSpan(0, 16)));

    /// <summary>The same marks with the current one, if there is one.</summary>
    internal static ImmutableList<Guid> WithCurrent(this ImmutableList<Guid> marks) =>
        Current is not { } mark ? marks : (marks.Count < Kept ? marks : marks.RemoveRange(0, marks.Count - Kept + 1)).Add(mark);

    /// <summary>Whether the current one is among them.</summary>
    internal static bool ContainsCurrent(this ImmutableList<Guid> marks) => Current is { } mark && marks.Contains(mark);
}
