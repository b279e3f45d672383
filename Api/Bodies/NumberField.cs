namespace HmsOrleans.Api.Bodies;

/// <summary>A number that a command takes.</summary>
/// <param name="Name">Name of the field in the body.</param>
/// <param name="Min">Least value.</param>
/// <param name="Max">Greatest value.</param>
/// <param name="Unit">What is counted, for the message.</param>
/// <param name="Nullable">Null is a value of its own.</param>
/// <param name="Optional">It may be left out.</param>
internal sealed record NumberField(string Name, double Min, double Max, string Unit, bool Nullable = false, bool Optional = false)
{
    public static readonly NumberField Threshold = new("threshold", 0, 100, "percent");

    public static readonly NumberField AggregationWindow = new("aggregationWindow", 0.05, 60, "seconds");

    public string Expected => FormattableString.Invariant($"it must be a number from {Min} to {Max} ({Unit}){(Nullable ? " or null" : "")}.");
}
