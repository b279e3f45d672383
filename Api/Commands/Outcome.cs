using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HmsOrleans.Api.Commands;

/// <summary>The answer to a command from outside.</summary>
/// <param name="Command"><c>ok</c> or <c>error</c>.</param>
/// <param name="Type">Of an error: the last part of the API's type for it.</param>
/// <param name="Description">Of an error: what is wrong, and what to do about it.</param>
/// <param name="Content">What was asked for, as the API gives it.</param>
/// <param name="Unsaved">Why a change, which holds, is not saved yet.</param>
internal sealed record Outcome(
    string Command,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Type = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Description = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] object? Content = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Unsaved = null)
{
    /// <summary>A change that holds.</summary>
    public static Outcome Done { get; } = new("ok");

    [JsonIgnore]
    public bool IsDone => Command == Done.Command;

    public static Outcome Of(object content) => new(Done.Command, Content: content);

    public static Outcome Failed(ProblemHttpResult problem) =>
        new("error", problem.ProblemDetails.Type!.Split(':')[^1], problem.ProblemDetails.Detail);
}
