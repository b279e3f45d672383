using System.Diagnostics;
using System.Globalization;

namespace HmsOrleans.Benchmarks.Reports;

/// <summary>One run of the benchmarks: how thorough it is, and what it has found so far.</summary>
internal sealed class Run(bool quick)
{
    private readonly List<Figure> _figures = [];
    private readonly long _began = Stopwatch.GetTimestamp();

    public bool Quick => quick;

    public IReadOnlyList<Figure> Figures => _figures;

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_began);

    /// <summary>As many when thorough, as many when quick.</summary>
    public int Times(int thorough, int hasty) => quick ? hasty : thorough;

    public void Add(Figure figure) => _figures.Add(figure);

    /// <summary>A line of progress.</summary>
    public void Say(string text) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Elapsed:hh\\:mm\\:ss}  {text}"));

    /// <summary>Waits, and says so when it takes long.</summary>
    public async Task WaitAsync(TimeSpan time, string why, CancellationToken token)
    {
        var began = Stopwatch.GetTimestamp();
        while (time - Stopwatch.GetElapsedTime(began) is { Ticks: > 0 } left)
        {
            if (left > TimeSpan.FromSeconds(1))
            {
                Say(string.Create(CultureInfo.InvariantCulture, $"  {left.TotalSeconds:0} s: {why}"));
            }
            var step = TimeSpan.FromSeconds(30);
            await Task.Delay(left < step ? left : step, TimeProvider.System, token);
        }
    }
}
