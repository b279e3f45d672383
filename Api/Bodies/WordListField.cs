using System.Text.Json;

namespace HmsOrleans.Api.Bodies;

/// <summary>A list of words that a command takes.</summary>
/// <param name="Name">Name of the field in the body.</param>
/// <param name="Words">The words that there are.</param>
internal sealed record WordListField(string Name, IReadOnlyList<string> Words)
{
    public string Expected => $"it must be a list of at least one of: {string.Join(", ", Words)}.";

    /// <summary>Null when it is not what is expected.</summary>
    public IReadOnlyList<string>? Read(JsonElement given) =>
        given.ValueKind == JsonValueKind.Array
        && given.EnumerateArray().Select(word => word.ValueKind == JsonValueKind.String ? word.GetString()! : "").Distinct().ToList() is { Count: > 0 } words
        && words.TrueForAll(Words.Contains) ? words : null;
}
