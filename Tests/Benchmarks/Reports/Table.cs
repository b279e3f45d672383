using System.Globalization;

namespace HmsOrleans.Benchmarks.Reports;

/// <summary>The figures for people.</summary>
internal static class Table
{
    private static readonly string[] Head = ["row", "what", "unit", "n", "median", "p95", "floor", "floor p95", "x floor", "target", "", "note"];

    public static string Of(IReadOnlyList<Figure> figures)
    {
        string[][] lines = [Head, .. figures.Select(Cells)];
        var widths = Enumerable.Range(0, Head.Length).Select(column => lines.Max(line => line[column].Length)).ToArray();
        return string.Join(Environment.NewLine, lines.Select(line => string.Join("  ", line.Select((cell, column) =>
            IsNumber(column) ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]))).TrimEnd()));
    }

    private static string[] Cells(Figure figure) =>
    [
        figure.Row,
        figure.What,
        figure.Unit,
        Number(figure.Values.Count),
        Number(figure.Median),
        Number(figure.P95),
        Number(figure.FloorMedian),
        Number(figure.FloorP95),
        figure.MedianRatio is { } median ? string.Create(CultureInfo.InvariantCulture, $"{median:0.00}, {figure.P95Ratio:0.00}") : "",
        figure.Target?.Text ?? "",
        figure.IsMet switch { true => "met", false => "MISSED", null => "" },
        figure.Note,
    ];

    private static bool IsNumber(int column) => column is >= 3 and <= 8;

    private static string Number(double? value) => value switch
    {
        null or double.NaN => "",
        0 => "0",
        { } number when Math.Abs(number) >= 100 => number.ToString("0", CultureInfo.InvariantCulture),
        { } number => number.ToString("0.###", CultureInfo.InvariantCulture),
    };
}
