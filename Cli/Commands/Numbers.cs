using System.CommandLine.Parsing;
using System.Globalization;

namespace HmsOrleans.Cli.Commands;

/// <summary>Reads numbers of the command line, and says which there may be where one is wrong.</summary>
internal static class Numbers
{
    /// <summary>Reads a number, which may have a fraction.</summary>
    /// <param name="min">The least that it may be.</param>
    /// <param name="max">The greatest.</param>
    /// <param name="unit">What is counted.</param>
    public static Func<ArgumentResult, double?> Within(double min, double max, string unit) => result =>
    {
        if (double.TryParse(result.Tokens.SingleOrDefault()?.Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max)
        {
            return number;
        }
        result.AddError(string.Create(CultureInfo.InvariantCulture,
            $"'{string.Join(' ', result.Tokens.Select(token => token.Value))}' is not a number from {min} to {max} ({unit})."));
        return null;
    };
}
