using System.Globalization;

namespace HmsOrleans.Benchmarks;

/// <summary>What is asked of a run.</summary>
/// <param name="Rows">The rows to measure.</param>
/// <param name="Micro">The micro-benchmarks too.</param>
/// <param name="Quick">Fewer repetitions, shorter waits.</param>
/// <param name="Json">Where the figures go.</param>
internal sealed record Arguments(IReadOnlyList<int> Rows, bool Micro, bool Quick, string Json)
{
    /// <exception cref="ArgumentException">An argument is not understood; the message says which.</exception>
    public static Arguments Parse(IReadOnlyList<string> args, IReadOnlyList<int> known)
    {
        var (rows, micro, quick, json) = ((IReadOnlyList<int>?)null, false, false, "bench.json");
        for (var i = 0; i < args.Count; i++)
        {
            switch (args[i])
            {
                case "--rows":
                    rows = ParseRows(Value(ref i), known);
                    break;
                case "--json":
                    json = Value(ref i);
                    break;
                case "--micro":
                    micro = true;
                    break;
                case "--quick":
                    quick = true;
                    break;
                default:
                    throw new ArgumentException($"unknown argument '{args[i]}'");
            }
        }
        return new(rows ?? (micro ? [] : known), micro || rows is null, quick, Path.GetFullPath(json));

        string Value(ref int i) => ++i < args.Count ? args[i] : throw new ArgumentException($"{args[i - 1]} needs a value");
    }

    private static List<int> ParseRows(string text, IReadOnlyList<int> known) =>
        [.. text.Split(',').Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var row) && known.Contains(row)
            ? row
            : throw new ArgumentException($"there is no row '{part}'; the rows are {string.Join(", ", known)}")).Distinct().Order()];
}
