using System.Collections.Immutable;

namespace HmsOrleans.Silo.Docker;

/// <summary>Keeps the last lines of a container's output, as many and as much of each as an incident holds.</summary>
internal sealed class LastLines : IProgress<string>
{
    public const int MostLines = 100;
    public const int LongestLine = 1000;

    private readonly Queue<string> _lines = new(MostLines);

    public void Report(string value)
    {
        if (_lines.Count == MostLines)
        {
            _lines.Dequeue();
        }
        var line = value.TrimEnd('\r', '\n');
        _lines.Enqueue(line.Length > LongestLine ? line[..LongestLine] : line);
    }

    public ImmutableArray<string> ToImmutable() => [.. _lines];
}
