// The parts of JSMpeg that this page puts together itself (github.com/phoboslab/jsmpeg).
declare module "@cycjimmy/jsmpeg-player" {
  interface Decoder {
    connect(renderer: Renderer): void;
    /** Decodes and draws one picture; false when there is none. */
    decode(): boolean;
  }
  interface Demuxer {
    connect(streamId: number, decoder: Decoder): void;
    write(bytes: ArrayBuffer): void;
  }
  type Renderer = object;

  const JSMpeg: {
    readonly Demuxer: {
      readonly TS: { new (options: object): Demuxer; readonly STREAM: { readonly VIDEO_1: number } };
    };
    readonly Decoder: {
      readonly MPEG1Video: new (options: {
        streaming: boolean;
        videoBufferSize: number;
        onVideoDecode: () => void;
      }) => Decoder;
    };
    readonly Renderer: { readonly Canvas2D: new (options: { canvas: HTMLCanvasElement }) => Renderer };
  };

  // biome-ignore lint/style/noDefaultExport: the package has no other export
  export { JSMpeg as default };
}
