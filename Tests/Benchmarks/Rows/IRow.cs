using HmsOrleans.Benchmarks.Reports;

namespace HmsOrleans.Benchmarks.Rows;

/// <summary>A row of the table: one promise, attacked and measured.</summary>
internal interface IRow
{
    int Number { get; }

    string Title { get; }

    Task RunAsync(Run run, CancellationToken token);
}
