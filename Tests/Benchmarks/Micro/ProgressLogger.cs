using BenchmarkDotNet.Loggers;
using HmsOrleans.Benchmarks.Reports;

namespace HmsOrleans.Benchmarks.Micro;

/// <summary>Of all that BenchmarkDotNet says, only which benchmark has its turn.</summary>
internal sealed class ProgressLogger(Run run) : ILogger
{
    private const string Turn = "// Benchmark: ";

    public string Id => nameof(ProgressLogger);

    public int Priority => 0;

    public void Write(LogKind logKind, string text)
    {
    }

    public void WriteLine()
    {
    }

    public void WriteLine(LogKind logKind, string text)
    {
        if (text.StartsWith(Turn, StringComparison.Ordinal))
        {
            run.Say($"  {text[Turn.Length..text.LastIndexOf(':')]}");
        }
    }

    public void Flush()
    {
    }
}
