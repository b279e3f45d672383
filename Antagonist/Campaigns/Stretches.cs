using System.Collections.Immutable;

namespace HmsOrleans.Antagonist.Campaigns;

/// <summary>Stretches of time, in order and apart from each other; in seconds.</summary>
internal sealed class Stretches
{
    private readonly ImmutableArray<(double From, double To)> _all;

    private Stretches(ImmutableArray<(double From, double To)> all) => _all = all;

    public IReadOnlyList<(double From, double To)> All => _all;

    /// <summary>Of all together.</summary>
    public double Length => _all.Sum(stretch => stretch.To - stretch.From);

    /// <summary>Of the longest.</summary>
    public double Longest => _all.IsEmpty ? 0 : _all.Max(stretch => stretch.To - stretch.From);

    /// <summary>Those that overlap or touch become one.</summary>
    public static Stretches Of(IEnumerable<(double From, double To)> stretches)
    {
        var all = ImmutableArray.CreateBuilder<(double From, double To)>();
        foreach (var (from, to) in stretches.Where(stretch => stretch.To > stretch.From).OrderBy(stretch => stretch.From))
        {
            if (all.Count > 0 && from <= all[^1].To)
            {
                all[^1] = (all[^1].From, Math.Max(all[^1].To, to));
            }
            else
            {
                all.Add((from, to));
            }
        }
        return new(all.ToImmutable());
    }

    public static Stretches Of(double from, double to) => Of([(from, to)]);

    public Stretches Within(Stretches other)
    {
        var both = ImmutableArray.CreateBuilder<(double From, double To)>();
        for (int i = 0, j = 0; i < _all.Length && j < other._all.Length;)
        {
            var (from, to) = (Math.Max(_all[i].From, other._all[j].From), Math.Min(_all[i].To, other._all[j].To));
            if (to > from)
            {
                both.Add((from, to));
            }
            if (_all[i].To < other._all[j].To)
            {
                i++;
            }
            else
            {
                j++;
            }
        }
        return new(both.ToImmutable());
    }

    public Stretches Without(Stretches other)
    {
        var gaps = new List<(double, double)>();
        var from = double.NegativeInfinity;
        foreach (var stretch in other._all)
        {
            gaps.Add((from, stretch.From));
            from = stretch.To;
        }
        gaps.Add((from, double.PositiveInfinity));
        return Within(Of(gaps));
    }

    public bool Contains(double at) => _all.Any(stretch => at >= stretch.From && at < stretch.To);
}
