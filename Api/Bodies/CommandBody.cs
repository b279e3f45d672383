using System.Buffers;
using System.Text.Json;
using HmsOrleans.Api.Problems;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HmsOrleans.Api.Bodies;

/// <summary>
/// The body of a command: an object of numbers and texts, and perhaps a list of words. It is read by hand because the framework's reader answers every mistake with
/// the same sentence, and a person needs to know which field is wrong and what it may be.
/// </summary>
internal sealed class CommandBody
{
    /// <summary>The largest body that is read; the largest useful one has a hundred bytes.</summary>
    public const int MaxBytes = 64 * 1024;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    private readonly Dictionary<string, double?> _values = [];
    private readonly Dictionary<string, string> _texts = [];
    private IReadOnlyList<string>? _words;

    private CommandBody(ProblemHttpResult? problem = null) => Problem = problem;

    /// <summary>What is wrong with it; null when it can be used.</summary>
    public ProblemHttpResult? Problem { get; }

    /// <summary>A field's value; null when it is null or was left out.</summary>
    public double? this[NumberField field] => _values.GetValueOrDefault(field.Name);

    /// <summary>A text; null when it is null or was left out.</summary>
    public string? this[TextField field] => _texts.GetValueOrDefault(field.Name);

    /// <summary>The words of the list; null when it was left out.</summary>
    public IReadOnlyList<string>? Words => _words;

    /// <summary>Reads the body of a request.</summary>
    public static Task<CommandBody> Read(HttpRequest request, CancellationToken cancellationToken, params NumberField[] fields) =>
        Read(request, fields, null, isOptional: false, cancellationToken);

    /// <summary>Reads the body of a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="fields">The numbers that it may have.</param>
    /// <param name="list">The list that it may have.</param>
    /// <param name="isOptional">There need not be a body, nor anything in it.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static Task<CommandBody> Read(HttpRequest request, NumberField[] fields, WordListField? list, bool isOptional, CancellationToken cancellationToken) =>
        Read(request, new(fields, [], list, isOptional, $"Send a JSON object such as {{\"{fields[0].Name}\": {(fields[0].Max >= 60 ? 60 : 1)}}}."), cancellationToken);

    /// <summary>Reads the body of a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="texts">The texts that it may have.</param>
    /// <param name="example">A body, for the message.</param>
    /// <param name="isOptional">There need not be a body, nor anything in it.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static Task<CommandBody> Read(HttpRequest request, TextField[] texts, string example, bool isOptional, CancellationToken cancellationToken) =>
        Read(request, new([], texts, null, isOptional, $"Send a JSON object such as {example}."), cancellationToken);

    private static async Task<CommandBody> Read(HttpRequest request, Form form, CancellationToken cancellationToken)
    {
        var result = await request.BodyReader.ReadAtLeastAsync(MaxBytes + 1, cancellationToken);
        try
        {
            return result.Buffer switch
            {
                { IsEmpty: true } when form.IsOptional => new(),
                { IsEmpty: true } => new(ProblemType.BodyInvalid.With($"The body is missing. {form.Example}")),
                { Length: > MaxBytes } => new(ProblemType.BodyTooLarge.With(ProblemType.BodyTooLarge.Example)),
                _ when !request.HasJsonContentType() => new(ProblemType.ContentTypeUnsupported.With(ProblemType.ContentTypeUnsupported.Example)),
                var json => Parse(json, form),
            };
        }
        finally
        {
            // The server cuts the connection off when what was read is not given back.
            request.BodyReader.AdvanceTo(result.Buffer.End);
        }
    }

    private static CommandBody Parse(ReadOnlySequence<byte> json, Form form)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? Take(document.RootElement, form)
                : new(ProblemType.BodyInvalid.With($"The body is JSON, but no object. {form.Example}"));
        }
        catch (JsonException e)
        {
            return new(ProblemType.BodyInvalid.With(
                $"The body is not valid JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}). {form.Example}"));
        }
        catch (InvalidOperationException)
        {
            // A name or value whose bytes are no text: the parser takes it, its getters do not.
            return new(ProblemType.BodyInvalid.With($"The body is not valid UTF-8. {form.Example}"));
        }
    }

    private static CommandBody Take(JsonElement given, Form form)
    {
        var (fields, texts, list, isOptional, _) = form;
        var body = new CommandBody();
        foreach (var property in given.EnumerateObject())
        {
            if (list is not null && property.NameEquals(list.Name))
            {
                body._words = list.Read(property.Value);
                if (body._words is null)
                {
                    return Wrong(list.Name, $"'{list.Name}' is {Shorten(property.Value.GetRawText())}; {list.Expected}");
                }
                continue;
            }
            if (Array.Find(texts, known => known.Name == property.Name) is { } text)
            {
                if (!text.TryRead(property.Value, out var word))
                {
                    return Wrong(text.Name, $"'{text.Name}' is {Shorten(property.Value.GetRawText())}; {text.Expected}");
                }
                if (word is not null)
                {
                    body._texts[text.Name] = word;
                }
                continue;
            }
            if (Array.Find(fields, known => known.Name == property.Name) is not { } field)
            {
                var known = string.Join(", ", fields.Select(known => known.Name).Concat(texts.Select(known => known.Name)).Concat(list is null ? [] : [list.Name]).Select(name => $"'{name}'"));
                return Wrong(property.Name, $"'{Shorten(property.Name)}' is not a field of this command; it takes {known}.");
            }
            if (!TryRead(property.Value, field, out var value))
            {
                return Wrong(field.Name, $"'{field.Name}' is {Shorten(property.Value.GetRawText())}; {field.Expected}");
            }
            body._values[field.Name] = value;
        }
        if (Array.Find(fields, field => !field.Optional && !body._values.ContainsKey(field.Name)) is { } missing)
        {
            return Wrong(missing.Name, $"'{missing.Name}' is missing; {missing.Expected}");
        }
        if (Array.Find(texts, text => !text.Optional && !body._texts.ContainsKey(text.Name)) is { } left)
        {
            return Wrong(left.Name, $"'{left.Name}' is missing; {left.Expected}");
        }
        return isOptional || body._values.Count > 0 || body._texts.Count > 0 || body._words is not null ? body : Wrong(fields[0].Name, $"The body names nothing to change. Give '{fields[0].Name}'; {fields[0].Expected}");
    }

    private static bool TryRead(JsonElement given, NumberField field, out double? value)
    {
        value = null;
        if (given.ValueKind == JsonValueKind.Null)
        {
            return field.Nullable;
        }
        // 1e999 is a JSON number, and infinite as a double: the range refuses it. Adding 0 turns -0 into 0.
        if (given.ValueKind != JsonValueKind.Number || !given.TryGetDouble(out var number) || !(number >= field.Min && number <= field.Max))
        {
            return false;
        }
        value = number + 0;
        return true;
    }

    private static CommandBody Wrong(string field, string detail) => new(ProblemType.FieldInvalid.With(detail, ("field", Shorten(field))));

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..60] + "...";

    /// <summary>What a body may have.</summary>
    private sealed record Form(NumberField[] Fields, TextField[] Texts, WordListField? List, bool IsOptional, string Example);
}
