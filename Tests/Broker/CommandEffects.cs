using System.Text.RegularExpressions;
using HmsOrleans.Tests.Node;

namespace HmsOrleans.Tests.Broker;

/// <summary>What was really carried out, from the log of the one that did it.</summary>
internal static partial class CommandEffects
{
    /// <summary>How often each change was carried out, by its correlation id, in all lives of a node.</summary>
    public static Dictionary<string, int> Of(NodeProcess node) =>
        Done().Matches(node.Log).CountBy(match => match.Groups["id"].Value).ToDictionary();

    [GeneratedRegex(@"command .*? \(correlation id (?<id>[^)]*)\): ")]
    private static partial Regex Done();
}
