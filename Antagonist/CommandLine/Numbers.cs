using System.CommandLine.Parsing;
using System.Globalization;

namespace HmsOrleans.Antagonist.CommandLine;

/// <summary>Reads numbers of the command line, and says which there may be where one is wrong.</summary>
internal static class Numbers
{
    /// <summary>Reads a number within bounds.</summary>
    /// <param name="option">Whose value it is.</param>
    /// <param name="result">What was given.</param>
    /// <param name="isWithin">Whether it is one that there may be.</param>
    /// <param name="wanted">Which there may be: "a number from 0 to 100 (percent)".</param>
    /// <returns>Null, and an error in <paramref name="result"/>, where it is none.</returns>
    public static double? Read(string option, ArgumentResult result, Func<double, bool> isWithin, string wanted)
    {
        var given = string.Join(' ', result.Tokens.Select(token => token.Value));
        if (double.TryParse(given, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && isWithin(number))
        {
            return number;
        }
        result.AddError($"{option} is {given}; it must be {wanted}");
        return null;
    }
}
